//! Whom a client trusts: the web's roots, the host's own certificates, and, if the host pins keys, nobody who does not
//! hold one of them.

use std::sync::Arc;

use data_encoding::BASE64;
use ring::digest::{SHA256, digest};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use webpki::EndEntityCert;

use crate::model::ErrorCode;

/// How a pin begins, as in RFC 7469's `pin-sha256` and the tools that print them.
const PIN_PREFIX: &str = "sha256/";
/// Bytes of a SHA-256.
const PIN_BYTES: usize = 32;

type Pin = [u8; PIN_BYTES];

/// The TLS side of a client: trusts the web's roots and, if given, the certificates in `ca_pem`. With `pins`, a chain
/// must hold one of these keys as well.
///
/// # Errors
/// [`ErrorCode::BIZ_ERROR_INVALID_PARAMETER`] if `ca_pem` holds no usable certificate, or a pin is none.
pub(super) fn client_config(ca_pem: Option<&str>, pins: &[String]) -> Result<ClientConfig, ErrorCode> {
    let pins = pins.iter().map(|pin| read_pin(pin)).collect::<Option<Vec<_>>>();
    let pins = pins.ok_or(ErrorCode::BIZ_ERROR_INVALID_PARAMETER)?;
    let roots = Arc::new(roots(ca_pem)?);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|_| ErrorCode::INTERNAL)?;
    if pins.is_empty() {
        return Ok(builder.with_root_certificates(roots).with_no_client_auth());
    }
    let inner = WebPkiServerVerifier::builder_with_provider(roots, provider)
        .build()
        .map_err(|_| ErrorCode::INTERNAL)?;
    let verifier = Arc::new(Pinned { inner, pins });
    Ok(builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth())
}

fn roots(ca_pem: Option<&str>) -> Result<RootCertStore, ErrorCode> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let Some(pem) = ca_pem else { return Ok(roots) };
    let before = roots.len();
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        let certificate = certificate.map_err(|_| ErrorCode::BIZ_ERROR_INVALID_PARAMETER)?;
        roots.add(certificate).map_err(|_| ErrorCode::BIZ_ERROR_INVALID_PARAMETER)?;
    }
    if roots.len() == before { Err(ErrorCode::BIZ_ERROR_INVALID_PARAMETER) } else { Ok(roots) }
}

/// Reads `sha256/` and the base64 of the digest.
fn read_pin(text: &str) -> Option<Pin> {
    let digest = BASE64.decode(text.trim().strip_prefix(PIN_PREFIX)?.as_bytes()).ok()?;
    digest.try_into().ok()
}

/// The code of a handshake that failed.
pub(super) fn refusal(error: &std::io::Error) -> ErrorCode {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
    match inner {
        Some(Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure)) => {
            ErrorCode::CERTIFICATE_NOT_PINNED
        }
        Some(Error::InvalidCertificate(_) | Error::NoCertificatesPresented) => {
            ErrorCode::CERTIFICATE_UNTRUSTED
        }
        _ => ErrorCode::RC_SOCKET_NOT_CREATED,
    }
}

/// The usual checks, and then that the chain holds a pinned key.
#[derive(Debug)]
struct Pinned {
    inner: Arc<WebPkiServerVerifier>,
    pins: Vec<Pin>,
}

impl Pinned {
    fn holds(&self, certificate: &CertificateDer<'_>) -> bool {
        let Ok(certificate) = EndEntityCert::try_from(certificate) else { return false };
        let key = digest(&SHA256, certificate.subject_public_key_info().as_ref());
        self.pins.iter().any(|pin| pin == key.as_ref())
    }
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified =
            self.inner.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)?;
        // Only the leaf is known to be of the verified path: a server may send any other certificate along.
        if self.holds(end_entity) {
            return Ok(verified);
        }
        Err(Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pins_are_a_prefix_and_a_digest() {
        let digest = BASE64.encode(&[7; PIN_BYTES]);
        assert_eq!(read_pin(&format!("sha256/{digest}")), Some([7; PIN_BYTES]));
        for wrong in ["", "sha256/", "sha256/AAAA", &digest, &format!("sha1/{digest}"), "sha256/%"] {
            assert_eq!(read_pin(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_cannot_be_used_is_refused_when_it_is_given() {
        let code =
            |pem: Option<&str>, pin: &str| client_config(pem, &[pin.to_owned()]).map(|_| ()).unwrap_err();
        let pin = format!("sha256/{}", BASE64.encode(&[7; PIN_BYTES]));
        assert_eq!(code(None, "nothing"), ErrorCode::BIZ_ERROR_INVALID_PARAMETER);
        assert_eq!(code(Some("no certificate"), &pin), ErrorCode::BIZ_ERROR_INVALID_PARAMETER);
        assert!(client_config(None, &[pin]).is_ok());
    }
}
