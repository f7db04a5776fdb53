//! Which secrets, and what of them is taken.

pub mod document;
pub mod fetch;
pub mod naming;
pub mod resolve;
pub mod settle;
pub mod wanted;
