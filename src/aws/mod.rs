//! AWS's services: one file for each service or concern. Requests and answers, all of it pure.

pub mod audience;
pub mod cognito;
pub mod config_file;
pub mod endpoints;
pub mod environment;
pub mod names;
pub mod parameter_id;
pub mod protocols;
pub mod s3;
pub mod secret_id;
pub mod secret_versions;
pub mod secrets_manager;
pub mod session;
pub mod sigv4;
pub mod source;
pub mod ssm;
pub mod sts;
