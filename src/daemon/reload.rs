//! Where a configuration comes from, and what a new one has to fulfil before it takes the old one's place.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::aws::Access;
use crate::config::{self, Config};
use crate::pass::Setup;
use crate::report::{Trouble, log};

/// Where the configuration comes from.
#[derive(Debug, Clone)]
pub enum Source {
    /// A file, which can be read anew.
    File(PathBuf),
    /// The program itself.
    BuiltIn,
}

impl Source {
    /// Reads the configuration anew, and prepares everything that runs need of it.
    pub(super) async fn read(&self, before: &Setup) -> Result<Setup, String> {
        let Self::File(path) = self else {
            return Err("the configuration is built in, and cannot be read anew".to_owned());
        };
        let config = Config::load(path).map_err(|error| Trouble::of(&error, None).sentence())?;
        if config.owner != before.config.owner {
            return Err(format!(
                "`owner` was `{}` and is `{}` now: users would change hands, so that takes a restart",
                before.config.owner, config.owner
            ));
        }
        let people = people(&config)?;
        let access = Access::from_environment(config.timeouts, &config.identity_center.region).await;
        let access = access.map_err(|error| Trouble::of(&error, None).sentence())?;
        Ok(Setup { config: Arc::new(config), access, people })
    }
}

/// How people appear in log lines.
///
/// # Errors
/// A sentence, where the key of the hash cannot be read or is too short to hide anybody.
pub fn people(config: &Config) -> Result<log::People, String> {
    match &config.log.people {
        config::People::Plain => Ok(log::People::Plain),
        config::People::Hashed { key_file } => key(key_file).map(|key| log::People::Hashed { key }),
    }
}

fn key(file: &Path) -> Result<Vec<u8>, String> {
    let name = file.display();
    let key = std::fs::read(file)
        .map_err(|error| format!("failed to read the key of hashed people `{name}`: {error}"))?
        .trim_ascii()
        .to_vec();
    if key.len() < 16 {
        return Err(format!(
            "the key of hashed people `{name}` is shorter than 16 bytes (`openssl rand -hex 32` makes one)"
        ));
    }
    Ok(key)
}
