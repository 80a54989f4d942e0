//! In-memory adapters. Written next.
