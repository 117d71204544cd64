//! Phone settings: Connect has two ways to say them, and two units of time.

use std::time::Duration;

use aws_sdk_connect::error::BuildError;
use aws_sdk_connect::types::{
    AfterContactWorkConfig, AfterContactWorkConfigPerChannel, AutoAcceptConfig, Channel, PhoneNumberConfig, PhoneType,
    UserPhoneConfig,
};

use crate::model::connect::{AfterContactWork, Device, Phone};

/// What an answer says of a user's phone, in the older form and by channel.
pub(super) struct Shown {
    pub(super) whole: Option<UserPhoneConfig>,
    pub(super) numbers: Option<Vec<PhoneNumberConfig>>,
    pub(super) accepts: Option<Vec<AutoAcceptConfig>>,
    pub(super) work: Option<Vec<AfterContactWorkConfigPerChannel>>,
    /// How long one unit of after-contact work is: SearchUsers counts milliseconds, everything else seconds.
    pub(super) unit: Duration,
}

impl Shown {
    /// What of it holds for calls: the setting of the channel, where there is one, else the older form.
    pub(super) fn for_calls(self) -> Option<Phone> {
        let Self { whole, numbers, accepts, work, unit } = self;
        let number = numbers.into_iter().flatten().find(|number| number.channel == Channel::Voice);
        let accept = accepts.into_iter().flatten().find(|accept| accept.channel == Channel::Voice);
        let work = work.into_iter().flatten().find(|work| work.channel == Channel::Voice);
        let work = work.and_then(|work| work.after_contact_work_config);
        let device = match (&number, &whole) {
            (Some(number), _) => device(&number.phone_type, number.phone_number.as_deref()),
            (None, Some(whole)) => device(&whole.phone_type, whole.desk_phone_number.as_deref()),
            (None, None) if accept.is_some() || work.is_some() => Device::Soft,
            (None, None) => return None,
        };
        let accept = accept.map(|accept| accept.auto_accept).or(whole.as_ref().map(|whole| whole.auto_accept));
        let time = work.map(|work| work.after_contact_work_time_limit);
        let time = time.or(whole.map(|whole| whole.after_contact_work_time_limit));
        Some(Phone { device, auto_accept: accept, after_contact_work: time.map(|time| after_contact_work(time, unit)) })
    }
}

fn device(kind: &PhoneType, number: Option<&str>) -> Device {
    match kind {
        PhoneType::DeskPhone => Device::Desk(number.unwrap_or_default().to_owned()),
        _ => Device::Soft,
    }
}

/// Nothing, or less, is Connect's way to say that there is no limit. What is less than a second is rounded up to one.
fn after_contact_work(time: i32, unit: Duration) -> AfterContactWork {
    match u32::try_from(time) {
        Ok(0) | Err(_) => AfterContactWork::Unlimited,
        Ok(time) => {
            let milliseconds = unit.as_millis().saturating_mul(u128::from(time));
            let seconds = (milliseconds + 500) / 1000;
            AfterContactWork::Seconds(u32::try_from(seconds).unwrap_or(u32::MAX).max(1))
        }
    }
}

/// The older form, which sets all channels alike. What is not said is left out, and the service's default holds.
pub(super) fn whole(phone: &Phone) -> UserPhoneConfig {
    let Phone { device, auto_accept, after_contact_work } = phone;
    let builder = match device {
        Device::Soft => UserPhoneConfig::builder().phone_type(PhoneType::SoftPhone),
        Device::Desk(number) => UserPhoneConfig::builder().phone_type(PhoneType::DeskPhone).desk_phone_number(number),
    };
    // The SDK leaves out `false` and 0, which are what the service takes where it finds nothing.
    let limit = match after_contact_work {
        Some(AfterContactWork::Seconds(seconds)) => i32::try_from(*seconds).unwrap_or(i32::MAX),
        Some(AfterContactWork::Unlimited) | None => 0,
    };
    builder.auto_accept(auto_accept.unwrap_or(false)).after_contact_work_time_limit(limit).build()
}

/// The lists of a call that changes what holds for calls.
pub(super) struct Channels {
    pub(super) numbers: Vec<PhoneNumberConfig>,
    /// `None` leaves them as they are.
    pub(super) accepts: Option<Vec<AutoAcceptConfig>>,
    pub(super) work: Option<Vec<AfterContactWorkConfigPerChannel>>,
}

/// What is wanted of calls, beside what the user has for other channels: the service may take a list for the whole.
pub(super) fn for_calls(shown: Shown, wanted: &Phone) -> Result<Channels, String> {
    let Phone { device, auto_accept, after_contact_work } = wanted;
    let (kind, number) = match device {
        Device::Soft => (PhoneType::SoftPhone, None),
        Device::Desk(number) => (PhoneType::DeskPhone, Some(number.clone())),
    };
    let number = PhoneNumberConfig::builder().channel(Channel::Voice).phone_type(kind).set_phone_number(number).build();
    let accepts = auto_accept.map(|accept| {
        let mut accepts = shown.accepts.unwrap_or_default();
        match accepts.iter_mut().find(|one| one.channel == Channel::Voice) {
            Some(voice) => voice.auto_accept = accept,
            None => accepts.push(AutoAcceptConfig::builder().channel(Channel::Voice).auto_accept(accept).build()?),
        }
        Ok::<_, BuildError>(accepts)
    });
    let work = after_contact_work.map(|time| {
        // Connect writes "without limit" as 0.
        let seconds = match time {
            AfterContactWork::Seconds(seconds) => i32::try_from(seconds).unwrap_or(i32::MAX),
            AfterContactWork::Unlimited => 0,
        };
        let config = AfterContactWorkConfig::builder().after_contact_work_time_limit(seconds).build();
        let mut work = shown.work.unwrap_or_default();
        match work.iter_mut().find(|one| one.channel == Channel::Voice) {
            Some(voice) => voice.after_contact_work_config = Some(config),
            None => work.push(
                AfterContactWorkConfigPerChannel::builder()
                    .channel(Channel::Voice)
                    .after_contact_work_config(config)
                    .build()?,
            ),
        }
        Ok::<_, BuildError>(work)
    });
    let said = |error: BuildError| error.to_string();
    Ok(Channels {
        numbers: vec![number.map_err(said)?],
        accepts: accepts.transpose().map_err(said)?,
        work: work.transpose().map_err(said)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(milliseconds: i32) -> Shown {
        let whole = UserPhoneConfig::builder()
            .phone_type(PhoneType::SoftPhone)
            .auto_accept(true)
            .after_contact_work_time_limit(milliseconds)
            .build();
        let unit = Duration::from_millis(1);
        Shown { whole: Some(whole), numbers: None, accepts: None, work: None, unit }
    }

    fn work(shown: Shown) -> Option<AfterContactWork> {
        shown.for_calls().unwrap().after_contact_work
    }

    #[test]
    fn milliseconds_of_the_search_become_seconds() {
        assert_eq!(work(shown(30_000)), Some(AfterContactWork::Seconds(30)));
        assert_eq!(work(shown(29_600)), Some(AfterContactWork::Seconds(30)));
        assert_eq!(work(shown(1)), Some(AfterContactWork::Seconds(1)));
        assert_eq!(work(shown(0)), Some(AfterContactWork::Unlimited));
    }

    #[test]
    fn the_setting_for_calls_goes_before_the_older_form() {
        let accept =
            |channel, accept| AutoAcceptConfig::builder().channel(channel).auto_accept(accept).build().unwrap();
        let accepts = Some(vec![accept(Channel::Chat, true), accept(Channel::Voice, false)]);
        let phone = Shown { accepts, ..shown(1000) }.for_calls().unwrap();
        assert_eq!(phone.auto_accept, Some(false));
        assert_eq!(phone.after_contact_work, Some(AfterContactWork::Seconds(1)));
    }

    #[test]
    fn nothing_shown_is_nothing_known() {
        let shown = Shown { whole: None, numbers: None, accepts: None, work: None, unit: Duration::from_secs(1) };
        assert_eq!(shown.for_calls(), None);
    }

    #[test]
    fn what_is_sent_reads_back_the_same() {
        let phone = Phone {
            device: Device::Desk("+442079460000".to_owned()),
            auto_accept: Some(false),
            after_contact_work: Some(AfterContactWork::Seconds(45)),
        };
        let unit = Duration::from_secs(1);
        let shown = Shown { whole: Some(whole(&phone)), numbers: None, accepts: None, work: None, unit };
        assert_eq!(shown.for_calls(), Some(phone));
    }

    #[test]
    fn what_is_changed_of_calls_leaves_other_channels_alone() {
        let accept =
            |channel, accept| AutoAcceptConfig::builder().channel(channel).auto_accept(accept).build().unwrap();
        let limit = |seconds| AfterContactWorkConfig::builder().after_contact_work_time_limit(seconds).build();
        let work = |channel, seconds| {
            let config = AfterContactWorkConfigPerChannel::builder().channel(channel);
            config.after_contact_work_config(limit(seconds)).build().unwrap()
        };
        let shown = || Shown {
            whole: None,
            numbers: None,
            accepts: Some(vec![accept(Channel::Chat, true), accept(Channel::Voice, true)]),
            work: Some(vec![work(Channel::Task, 90)]),
            unit: Duration::from_secs(1),
        };
        let wanted = Phone {
            device: Device::Desk("+442079460000".to_owned()),
            auto_accept: Some(false),
            after_contact_work: Some(AfterContactWork::Unlimited),
        };
        let Channels { numbers, accepts, work: sent } = for_calls(shown(), &wanted).unwrap();
        assert_eq!(numbers[0].phone_number(), Some("+442079460000"));
        assert_eq!(accepts.unwrap(), [accept(Channel::Chat, true), accept(Channel::Voice, false)]);
        assert_eq!(sent.unwrap(), [work(Channel::Task, 90), work(Channel::Voice, 0)]);
        let unsaid = Phone { device: Device::Soft, auto_accept: None, after_contact_work: None };
        let Channels { accepts, work: sent, .. } = for_calls(shown(), &unsaid).unwrap();
        assert_eq!((accepts, sent), (None, None), "what is not said is not sent");
    }
}
