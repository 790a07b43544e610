//! Log-in by RSA key pair: reading the key in the forms people have it in, and signing the token.

mod key_text;
mod private_key;
mod token;

pub(crate) use private_key::PrivateKey;
pub(crate) use token::TokenSigner;
