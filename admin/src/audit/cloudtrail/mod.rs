//! Who did read it: CloudTrail's log files, joined session by session with what policies allow.
//!
//! AssumeRoleWithWebIdentity begins a job's session and has its session tags; GetSecretValue and BatchGetSecretValue name the
//! session by its access key. Files come one at a time, in any order, and are gone once read. A session is held until a day
//! after its last event, so that memory grows with a day's jobs and not with the number of events.

mod event;
mod held;
mod sessions;
mod text;
mod usage;

pub use sessions::Trail;
pub use usage::{Refused, Unexplained, Unused, Usage, Use};
