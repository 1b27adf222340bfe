//! The fuse: ends the life of a rehearsed process at an exact point. Points are the moments before and after every
//! exchange on the wire and every commit, so that a seed dies at the same place each time it is played.

use crate::wire::Wire;
use bytes::Bytes;
use http::Request;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::task::{Context, Poll};
use tower::{Service, ServiceExt};

/// Points that are left to live; shared by everything the process does.
#[derive(Debug, Clone)]
pub(super) struct Fuse(Arc<AtomicI64>);

const FOREVER: i64 = i64::MAX;

impl Fuse {
    /// A fuse that does not burn.
    pub fn new() -> Self {
        Self(Arc::new(AtomicI64::new(FOREVER)))
    }

    /// The process dies at the `points`-th point from here.
    pub fn light(&self, points: u32) {
        self.0.store(i64::from(points), Ordering::Relaxed);
    }

    /// The process lives on.
    pub fn put_out(&self) {
        self.0.store(FOREVER, Ordering::Relaxed);
    }

    fn is_blown(&self) -> bool {
        self.0.load(Ordering::Relaxed) <= 0
    }

    /// One point; never returns from the last.
    pub async fn pass(self) {
        if self.0.load(Ordering::Relaxed) == FOREVER {
            return;
        }
        if self.0.fetch_sub(1, Ordering::Relaxed) <= 1 {
            std::future::pending::<()>().await;
        }
    }

    /// A wire with a point before and after every exchange.
    pub fn wire(&self, inner: Wire) -> Wire {
        let fuse = self.clone();
        let service = tower::service_fn(move |request: Request<Bytes>| {
            let (fuse, mut inner) = (fuse.clone(), inner.clone());
            async move {
                fuse.clone().pass().await;
                let answer = inner.ready().await?.call(request).await;
                fuse.pass().await;
                answer
            }
        });
        Wire::new(service)
    }

    /// Runs `life` until it ends by itself, or until the fuse has burnt down: then `None`, and everything that was under
    /// way is dropped.
    pub async fn burn<T>(&self, life: impl Future<Output = T> + Send) -> Option<T> {
        Mortal {
            life: Box::pin(life),
            fuse: self.clone(),
        }
        .await
    }
}

struct Mortal<'a, T> {
    life: Pin<Box<dyn Future<Output = T> + Send + 'a>>,
    fuse: Fuse,
}

impl<T> Future for Mortal<'_, T> {
    type Output = Option<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.life.as_mut().poll(cx) {
            Poll::Ready(done) => Poll::Ready(Some(done)),
            Poll::Pending if self.fuse.is_blown() => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    }
}
