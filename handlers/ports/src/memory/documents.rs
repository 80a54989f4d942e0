//! Documents by digest, under the prefixes of the document bucket.

use super::Memory;
use crate::error::PortError;
use crate::world::{
    Answer, ReadInvoiceDocuments, ReadRegistrations, Stored, WriteInvoiceDocuments,
    WriteRegistrations,
};
use contracts::events::DocumentRef;
use contracts::ids::Sha256Hex;
use contracts::needs::Prefix;

impl Memory {
    async fn store(&self, prefix: Prefix, document: Stored<'_>) -> Answer<DocumentRef> {
        let key = format!("{}{}", prefix.as_str(), document.sha256);
        let reference = DocumentRef {
            key: key.clone(),
            version: None,
            sha256: document.sha256.clone(),
            bytes: document.bytes.len() as u64,
            format: document.format,
        };
        self.write(&key, |inner| {
            inner.documents.insert(key.clone(), document.bytes.to_vec());
            Ok(reference)
        })
        .await
    }

    async fn load(&self, prefix: Prefix, reference: &DocumentRef) -> Answer<Vec<u8>> {
        let key = &reference.key;
        let corrupt = |reason: &str| PortError::Corrupt {
            subject: key.clone(),
            reason: reason.to_owned(),
        };
        if !key.starts_with(prefix.as_str()) {
            return Err(corrupt("it lies outside the handler's prefix"));
        }
        let bytes = self
            .read(key, |inner| inner.documents.get(key).cloned())
            .await?
            .ok_or_else(|| corrupt("there is no such object"))?;
        if Sha256Hex::of(&bytes) != reference.sha256 {
            return Err(corrupt("its digest is not the claim check's"));
        }
        Ok(bytes)
    }
}

impl ReadInvoiceDocuments for Memory {
    async fn invoice_document(&self, reference: &DocumentRef) -> Answer<Vec<u8>> {
        self.load(Prefix::Invoices, reference).await
    }
}

impl WriteInvoiceDocuments for Memory {
    async fn store_invoice(&self, document: Stored<'_>) -> Answer<DocumentRef> {
        self.store(Prefix::Invoices, document).await
    }
}

impl ReadRegistrations for Memory {
    async fn registration(&self, reference: &DocumentRef) -> Answer<Vec<u8>> {
        self.load(Prefix::Registrations, reference).await
    }
}

impl WriteRegistrations for Memory {
    async fn store_registration(&self, document: Stored<'_>) -> Answer<DocumentRef> {
        self.store(Prefix::Registrations, document).await
    }
}
