//! Bodies of requests and answers: compressed, then encrypted with a key from the configuration.

use super::read::{Exchange, PayloadText};
use super::value::vals;
use super::{Store, StoreError, StoreResult};
use crate::domain::delivery::AnswerClass;
use crate::domain::ids::{PayloadId, SystemId};
use crate::domain::time::Ts;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use flate2::Compression;
use flate2::read::{DeflateDecoder, DeflateEncoder};
use rand::TryRng as _;
use std::io::Read as _;

/// How a request is marked.
const REQUEST: &str = "request";
/// How an answer is marked; anything else came in by itself.
const ANSWER: &str = "answer";
/// Newest attempts among which a good call is looked for.
const GOOD_ATTEMPTS_MAX: usize = 20_000;
/// Bytes of a nonce; a random one of this size never repeats in practice.
const NONCE: usize = 24;
/// Largest body after decompression; a larger one is damage or an attack.
const BODY_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Random bytes of the operating system.
pub(super) fn random(bytes: &mut [u8]) -> StoreResult<()> {
    rand::rngs::SysRng.try_fill_bytes(bytes).map_err(|e| {
        StoreError::Unavailable(format!("the operating system gave no random bytes: {e}"))
    })
}

/// Seals and opens bodies.
pub(super) struct Cipher {
    cipher: XChaCha20Poly1305,
}

/// What a sealed body is bound to: moved to another row it does not open.
fn bound_to(id: i64) -> Vec<u8> {
    let mut out = b"payload:".to_vec();
    out.extend_from_slice(&id.to_be_bytes());
    out
}

impl Cipher {
    pub(super) fn new(key: &[u8; 32]) -> Self {
        Self {
            cipher: XChaCha20Poly1305::new(&Key::from(*key)),
        }
    }

    /// Compresses and encrypts a body for the row `id`.
    pub(super) fn seal(&self, id: i64, body: &[u8]) -> StoreResult<Vec<u8>> {
        let mut packed = Vec::new();
        DeflateEncoder::new(body, Compression::fast())
            .read_to_end(&mut packed)
            .map_err(|e| StoreError::Refused(format!("payload {id} cannot be compressed: {e}")))?;
        let mut nonce = [0_u8; NONCE];
        random(&mut nonce)?;
        let aad = bound_to(id);
        let sealed = self
            .cipher
            .encrypt(
                &XNonce::from(nonce),
                Payload {
                    msg: &packed,
                    aad: &aad,
                },
            )
            .map_err(|_| StoreError::Refused(format!("payload {id} cannot be encrypted")))?;
        let mut out = nonce.to_vec();
        out.extend_from_slice(&sealed);
        Ok(out)
    }

    /// Opens what [`Cipher::seal`] made.
    pub(super) fn open(&self, id: i64, stored: &[u8]) -> StoreResult<Vec<u8>> {
        let wrong = || {
            StoreError::Decode(format!(
                "payload {id} does not open: another payload key is configured, or the row was changed"
            ))
        };
        let (nonce, sealed) = stored.split_at_checked(NONCE).ok_or_else(wrong)?;
        let nonce: [u8; NONCE] = nonce.try_into().map_err(|_| wrong())?;
        let aad = bound_to(id);
        let packed = self
            .cipher
            .decrypt(
                &XNonce::from(nonce),
                Payload {
                    msg: sealed,
                    aad: &aad,
                },
            )
            .map_err(|_| wrong())?;
        let mut body = Vec::new();
        DeflateDecoder::new(packed.as_slice())
            .take(BODY_BYTES_MAX)
            .read_to_end(&mut body)
            .map_err(|_| wrong())?;
        Ok(body)
    }
}

impl Store {
    /// A stored body, opened. The hash is checked.
    pub async fn payload(&self, id: PayloadId) -> StoreResult<Option<PayloadText>> {
        let mut conn = self.inner.db.read().await?;
        let row = conn
            .row(
                "select at, kind, system, method, body, hash from payload where id = $1",
                vals![id.0],
            )
            .await?;
        let Some(row) = row else {
            return Ok(None);
        };
        let mut c = row.cols();
        let (at, kind, system, method) = (
            c.ts()?,
            c.text::<String>()?,
            c.text::<SystemId>()?,
            c.text::<String>()?,
        );
        let (stored, hash) = (c.opt_blob()?, c.text::<String>()?);
        let body = match stored {
            Some(stored) => {
                let body = self.inner.cipher.open(id.0, &stored)?;
                if crate::domain::hash::of_bytes(&body) != hash {
                    return Err(StoreError::Decode(format!(
                        "payload {id} does not match its hash"
                    )));
                }
                Some(body)
            }
            None => None,
        };
        Ok(Some(PayloadText {
            id,
            at,
            kind,
            system,
            method,
            body,
            hash,
        }))
    }

    /// A call whole, by either of its bodies, or a message that came in by itself. An answer is kept under the number that follows its
    /// request's; a call without an answer has none.
    pub async fn exchange(&self, id: PayloadId) -> StoreResult<Option<Exchange>> {
        let Some(asked) = self.payload(id).await? else {
            return Ok(None);
        };
        if asked.kind != REQUEST && asked.kind != ANSWER {
            return Ok(Some(Exchange::Heard(asked)));
        }
        let is_request = asked.kind == REQUEST;
        let beside = PayloadId(if is_request { id.0 + 1 } else { id.0 - 1 });
        let other = self.payload(beside).await?.filter(|other| {
            let wanted = if is_request { ANSWER } else { REQUEST };
            other.system == asked.system && other.method == asked.method && other.kind == wanted
        });
        Ok(Some(if is_request {
            Exchange::Call {
                request: Some(asked),
                answer: other,
            }
        } else {
            Exchange::Call {
                request: other,
                answer: Some(asked),
            }
        }))
    }

    /// The newest call of this method that took effect, other than the one asked about, among the newest attempts. Its
    /// request's number.
    pub async fn last_good_call(
        &self,
        system: &SystemId,
        method: &str,
        other_than: &[PayloadId],
    ) -> StoreResult<Option<PayloadId>> {
        let (this, that) = (
            other_than.first().map_or(0, |id| id.0),
            other_than.get(1).map_or(0, |id| id.0),
        );
        let mut conn = self.inner.db.read().await?;
        conn.row(
            "select p.id from (select id, request from attempt where class = $1 and request is not null \
             order by id desc @limit($2)) a join payload p on p.id = a.request \
             where p.system = $3 and p.method = $4 and p.body is not null and p.id <> $5 and p.id <> $6 \
             order by a.id desc @limit($7)",
            vals![
                AnswerClass::Applied.code(),
                super::limit(GOOD_ATTEMPTS_MAX),
                system.as_str(),
                method,
                this,
                that,
                super::limit(1)
            ],
        )
        .await?
        .map(|row| Ok(PayloadId(row.cols().int()?)))
        .transpose()
    }

    /// Bodies older than the retention are dropped; hash and timeline stay. Returns how many.
    pub async fn expire_payloads(&self, before: Ts, limit: usize) -> StoreResult<i64> {
        let mut tx = self.inner.write().await?;
        let dropped = tx
            .exec(
                "update payload set body = null where id in \
                 (select id from payload where body is not null and at < $1 order by at @limit($2))",
                vals![before, super::limit(limit)],
            )
            .await?;
        tx.commit().await.map_err(|(e, _)| e)?;
        Ok(i64::try_from(dropped).unwrap_or(i64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_opens_only_with_its_key_and_in_its_row() {
        let cipher = Cipher::new(&[7; 32]);
        let body = "Jane Doe, 1 High Street".repeat(100).into_bytes();
        let sealed = cipher.seal(5, &body).unwrap();
        assert!(sealed.len() < body.len());
        assert_eq!(cipher.open(5, &sealed).unwrap(), body);
        assert!(cipher.open(6, &sealed).is_err());
        assert!(Cipher::new(&[8; 32]).open(5, &sealed).is_err());
        let mut bent = sealed.clone();
        let at = bent.len() - 1;
        bent[at] ^= 1;
        assert!(cipher.open(5, &bent).is_err());
        assert!(cipher.open(5, &sealed[..10]).is_err());
    }
}
