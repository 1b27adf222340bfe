//! Reading a body within bounds: its size, the time it may take, and the room all bodies together may take.

use axum::extract::Request;
use axum::http::StatusCode;
use futures::StreamExt;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How long a body may take to arrive.
const TIME: Duration = Duration::from_secs(30);
/// What room is counted in, bytes.
const UNIT: usize = 1024;
/// Room for all bodies that are read or wait to be stored, bytes.
const ROOM_BYTES: usize = 64 * 1024 * 1024;

/// Room for bodies.
pub(super) fn room() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(ROOM_BYTES / UNIT))
}

/// Reads a body of at most `bytes_max` bytes; the permit is its share of the room.
///
/// # Errors
/// 413 when it is larger, 408 when it takes too long, 400 when it breaks off, 503 when there is no room.
pub(super) async fn read(
    request: Request,
    bytes_max: usize,
    room: &Arc<Semaphore>,
) -> Result<(Vec<u8>, OwnedSemaphorePermit), StatusCode> {
    tokio::time::timeout(TIME, gather(request, bytes_max, room))
        .await
        .unwrap_or(Err(StatusCode::REQUEST_TIMEOUT))
}

async fn gather(
    request: Request,
    bytes_max: usize,
    room: &Arc<Semaphore>,
) -> Result<(Vec<u8>, OwnedSemaphorePermit), StatusCode> {
    let mut held = take(room, 1)?;
    let mut body = Vec::new();
    let mut parts = request.into_body().into_data_stream();
    while let Some(part) = parts.next().await {
        let part = part.map_err(|_| StatusCode::BAD_REQUEST)?;
        if body.len() + part.len() > bytes_max {
            return Err(StatusCode::PAYLOAD_TOO_LARGE);
        }
        let wanted = (body.len() + part.len()).div_ceil(UNIT);
        if wanted > held.num_permits() {
            held.merge(take(room, wanted - held.num_permits())?);
        }
        body.extend_from_slice(&part);
    }
    Ok((body, held))
}

fn take(room: &Arc<Semaphore>, units: usize) -> Result<OwnedSemaphorePermit, StatusCode> {
    let units = u32::try_from(units).map_err(|_| StatusCode::PAYLOAD_TOO_LARGE)?;
    room.clone()
        .try_acquire_many_owned(units)
        .map_err(|_| StatusCode::SERVICE_UNAVAILABLE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    fn request(bytes: usize) -> Request {
        Request::new(Body::from(vec![b'a'; bytes]))
    }

    #[tokio::test]
    async fn a_body_takes_its_room_and_gives_it_back() {
        let room = Arc::new(Semaphore::new(4));
        let (body, held) = read(request(3_000), 10_000, &room).await.unwrap();
        assert_eq!((body.len(), room.available_permits()), (3_000, 1));
        let full = read(request(3_000), 10_000, &room).await;
        assert_eq!(full.unwrap_err(), StatusCode::SERVICE_UNAVAILABLE);
        drop(held);
        assert_eq!(room.available_permits(), 4);
    }

    #[tokio::test]
    async fn a_body_above_the_limit_is_not_read_to_its_end() {
        let room = room();
        let large = read(request(5_001), 5_000, &room).await;
        assert_eq!(large.unwrap_err(), StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(room.available_permits(), ROOM_BYTES / UNIT);
        assert_eq!(
            read(request(5_000), 5_000, &room).await.unwrap().0.len(),
            5_000
        );
    }
}
