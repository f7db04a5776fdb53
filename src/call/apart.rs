//! Code that few runs need.

use futures_util::future::LocalBoxFuture;

/// A future that is polled by a function of its own.
///
/// V8 compiles a function whole when it is first called, which is a sixth of what a run costs, and rustc makes one function of all
/// futures that await one another. What a run may not come to is therefore apart, and so is, by `#[inline(never)]`, what is
/// done about failures.
pub(crate) fn apart<'a, T>(future: impl Future<Output = T> + 'a) -> LocalBoxFuture<'a, T> {
    Box::pin(future)
}
