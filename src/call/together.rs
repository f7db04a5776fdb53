//! Several calls side by side.

use std::cell::RefCell;
use std::future::poll_fn;
use std::task::Poll;

/// As many connections as a host opens to one origin.
pub(crate) const MAX_CALLS: usize = 8;

/// Runs a few futures side by side. `futures_util`'s `join_all` brings what thousands need, and 10 KB of it in wasm.
pub(crate) async fn together(futures: impl Iterator<Item: Future<Output = ()>>) {
    let mut running: Vec<_> = futures.map(Box::pin).collect();
    poll_fn(|context| {
        running.retain_mut(|future| future.as_mut().poll(context).is_pending());
        if running.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

/// Makes a call for each item in their order, at most [`MAX_CALLS`] at a time.
pub(crate) async fn eight_at_a_time<T>(items: impl IntoIterator<Item = T>, call: impl AsyncFn(T)) {
    let queue = RefCell::new(items.into_iter());
    let next = || queue.borrow_mut().next();
    let worker = async |_| {
        while let Some(item) = next() {
            call(item).await;
        }
    };
    together((0..MAX_CALLS).map(worker)).await;
}
