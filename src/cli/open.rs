//! Opening what the configuration names: key, database, pack. An empty database is filled as
//! `serve` does it.

use std::sync::Arc;

use super::{CliError, say};
use crate::app::{AssemblyError, open_store};
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::jurisdiction::Jurisdiction;
use crate::flow::administer;
use crate::flow::adopt_pack::{self, FIRST_ADMIN, adopt};
use crate::pack;
use crate::seal::Seal;
use crate::store::Store;

/// The pack that is embedded and taken unless told otherwise.
const DEFAULT_PACK: &str = "hcmc";

/// The pack of the configuration: a folder, the name of an embedded one, or the default.
pub fn read_pack(config: &Config) -> Result<Jurisdiction, CliError> {
    let read = match &config.pack {
        None => pack::read_embedded(DEFAULT_PACK),
        Some(path) if path.is_dir() => pack::read_dir(path),
        Some(path) => {
            let name = path.file_name().map(|n| n.to_string_lossy().into_owned());
            let embedded = name.filter(|n| pack::embedded_names().contains(n));
            match embedded {
                Some(name) => pack::read_embedded(&name),
                None => pack::read_dir(path),
            }
        }
    };
    read.map_err(|errors| {
        let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
        CliError::Usage(format!("the pack cannot be used:\n{}", lines.join("\n")))
    })
}

/// Opens the store and fills an empty database.
pub fn open(config: &Config) -> Result<(Arc<Seal>, Store), CliError> {
    std::fs::create_dir_all(&config.data)?;
    let seal = Seal::from_file(&config.key_file).map_err(|e| AssemblyError::new("key", e))?;
    let seal = Arc::new(seal);
    let store = open_store(config, seal.clone())?;
    let empty = super::wait(store.read(crate::store::packs::installation))?;
    if empty?.is_none() {
        let (secret, hash) = administer::one_time_password()?;
        if adopt(&store, read_pack(config)?, hash, Clock::System.now())? {
            say(&format!(
                "An empty database was filled from the pack.\n\
                 Sign in at {}/sign-in as {FIRST_ADMIN} with the one-time password: {secret}",
                config.public_url
            ));
        }
    } else {
        add_letters(config, &store)?;
    }
    Ok((seal, store))
}

/// A newer release may write letters that the database has no row for: they come from the pack,
/// else, where that is of the older release too or away, from the embedded one.
fn add_letters(config: &Config, store: &Store) -> Result<(), CliError> {
    for read in [read_pack, |_: &Config| embedded_pack()] {
        let missing = super::wait(store.read(crate::store::packs::missing_letters))??;
        if missing.is_empty() {
            return Ok(());
        }
        match read(config) {
            Ok(pack) => {
                let added = adopt_pack::add_letters(store, &pack, Clock::System.now())?;
                tracing::info!(added, "letters that were missing were taken from a pack");
            }
            Err(error) => tracing::warn!(%error, "no letters can be taken from the pack"),
        }
    }
    Ok(())
}

fn embedded_pack() -> Result<Jurisdiction, CliError> {
    let failed = |e: Vec<_>| CliError::Usage(format!("the embedded pack: {} faults", e.len()));
    pack::read_embedded(DEFAULT_PACK).map_err(failed)
}

/// `dangvan migrate`
pub fn migrate(config: &Config) -> Result<(), CliError> {
    let (_, store) = open(config)?;
    store.stop();
    say(&format!("The {} database is up to date.", store.kind()));
    Ok(())
}
