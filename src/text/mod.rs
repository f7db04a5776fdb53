//! Text: secrets, what may be printed, JSON.

pub mod hex;
pub mod json;
pub mod members;
pub mod nearest;
pub mod printable;
pub mod secret;
pub mod secret_value;
pub mod spelling;
pub mod table;
pub mod xml;
