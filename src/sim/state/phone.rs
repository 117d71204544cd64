//! How a Connect user's contacts reach them, channel by channel.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A way in which a contact arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(in crate::sim) enum Channel {
    Voice,
    Chat,
    Task,
    Email,
}

impl Channel {
    pub(in crate::sim) const ALL: [Channel; 4] = [Channel::Voice, Channel::Chat, Channel::Task, Channel::Email];
}

/// What happens around a contact of one channel.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::sim) struct Handling {
    /// Taken without a click.
    pub(in crate::sim) auto_accept: bool,
    /// Seconds for work after it; 0 is without limit.
    pub(in crate::sim) after_contact_work: u64,
    /// Of calls back that ring the agent first; voice only.
    pub(in crate::sim) callback_auto_accept: Option<bool>,
    /// Of calls back that ring the agent first; voice only.
    pub(in crate::sim) callback_after_contact_work: Option<u64>,
}

/// The settings of one user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sim) struct Phone {
    /// `SOFT_PHONE` or `DESK_PHONE`.
    pub(in crate::sim) kind: String,
    /// Of the desk phone (E.164).
    pub(in crate::sim) number: Option<String>,
    pub(in crate::sim) persistent: Option<bool>,
    /// `VOICE_ISOLATION`, `NOISE_SUPPRESSION` or `NONE`.
    pub(in crate::sim) enhancement: Option<String>,
    pub(in crate::sim) channels: BTreeMap<Channel, Handling>,
}

impl Default for Phone {
    fn default() -> Self {
        let channels = Channel::ALL.into_iter().map(|channel| (channel, Handling::default())).collect();
        Phone { kind: "SOFT_PHONE".to_owned(), number: None, persistent: None, enhancement: None, channels }
    }
}

impl Phone {
    /// Sets every channel alike, as everything that predates channels does.
    pub(in crate::sim) fn all_channels(&mut self, auto_accept: bool, after_contact_work: u64) {
        for channel in Channel::ALL {
            let handling = Handling { auto_accept, after_contact_work, ..Handling::default() };
            self.channels.insert(channel, handling);
        }
    }

    /// The settings of voice, which those who know no channels are shown.
    pub(in crate::sim) fn voice(&self) -> Handling {
        self.channels.get(&Channel::Voice).copied().unwrap_or_default()
    }
}
