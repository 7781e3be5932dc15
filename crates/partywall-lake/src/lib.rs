//! Snapshots as Parquet files with a manifest.
