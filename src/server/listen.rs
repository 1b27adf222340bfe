//! A listener that holds a bounded number of connections, so that a crowd outside cannot use up the process.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep};

/// Connections held at once; the next ones wait in the kernel's queue.
pub(super) const CONNECTIONS_MAX: usize = 256;
/// A connection on which nothing arrives for so long is closed: places are few. Longer than any answer takes.
const IDLE: Duration = Duration::from_secs(20);
/// Rest after an accept that failed (out of descriptors, for example).
const REST: Duration = Duration::from_millis(200);

/// The listener.
pub(super) struct Bounded {
    listener: TcpListener,
    places: Arc<Semaphore>,
    idle: Duration,
}

impl Bounded {
    /// Around a listener that is bound already.
    pub(super) fn new(listener: TcpListener) -> Self {
        Self::closing_after(listener, IDLE)
    }

    fn closing_after(listener: TcpListener, idle: Duration) -> Self {
        Self {
            listener,
            places: Arc::new(Semaphore::new(CONNECTIONS_MAX)),
            idle,
        }
    }
}

impl axum::serve::Listener for Bounded {
    type Io = Held;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Held, SocketAddr) {
        loop {
            let Ok(place) = self.places.clone().acquire_owned().await else {
                // The semaphore is never closed; if it were, nobody could be let in.
                std::future::pending::<()>().await;
                continue;
            };
            match self.listener.accept().await {
                Ok((stream, from)) => {
                    let held = Held {
                        stream,
                        idle_max: self.idle,
                        idle: Box::pin(tokio::time::sleep(self.idle)),
                        _place: place,
                    };
                    return (held, from);
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(REST).await;
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// A connection that gives its place back when it ends, and ends when nothing more arrives.
pub(super) struct Held {
    stream: TcpStream,
    idle_max: Duration,
    idle: Pin<Box<Sleep>>,
    _place: OwnedSemaphorePermit,
}

impl AsyncRead for Held {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buf);
        if read.is_ready() {
            if buf.filled().len() > before {
                let until = Instant::now() + self.idle_max;
                self.idle.as_mut().reset(until);
            }
            return read;
        }
        // Nothing read and ready is the end of the stream.
        self.idle.as_mut().poll(cx).map(Ok)
    }
}

impl AsyncWrite for Held {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::serve::Listener;
    use tokio::io::AsyncReadExt;

    #[tokio::test]
    async fn a_connection_without_a_word_gives_its_place_back() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut bounded = Bounded::closing_after(listener, Duration::from_millis(20));
        let silent = TcpStream::connect(address).await.unwrap();
        let (mut held, _) = bounded.accept().await;
        assert_eq!(bounded.places.available_permits(), CONNECTIONS_MAX - 1);
        let mut byte = [0];
        assert_eq!(held.read(&mut byte).await.unwrap(), 0, "it is over");
        drop(held);
        assert_eq!(bounded.places.available_permits(), CONNECTIONS_MAX);
        drop(silent);
    }
}
