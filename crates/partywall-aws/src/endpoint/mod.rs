//! Where a request goes and for which Region it is signed: partitions and exceptions are data, the rest is one pattern.

mod options;

pub use options::EndpointOptions;
