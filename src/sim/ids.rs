//! Ids that follow from what they name, so that the same world has the same ids each time.

use sha2::{Digest, Sha256};

fn digest(parts: &[&str]) -> [u8; 16] {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part.len().to_be_bytes());
        digest.update(part);
    }
    let mut out = [0; 16];
    out.iter_mut().zip(digest.finalize()).for_each(|(to, from)| *to = from);
    out
}

/// A UUID that follows from `parts`.
pub(super) fn uuid(parts: &[&str]) -> String {
    uuid::Builder::from_random_bytes(digest(parts)).into_uuid().to_string()
}

/// Sixteen hexadecimal digits that follow from `parts`.
pub(super) fn sixteen(parts: &[&str]) -> String {
    uuid::Uuid::from_bytes(digest(parts)).simple().to_string().chars().take(16).collect()
}
