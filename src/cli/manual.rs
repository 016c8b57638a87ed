//! What the program says of itself: documents by topic, help of a command, completions, man pages.

use std::path::PathBuf;

use clap::CommandFactory;
use clap_complete::Shell;

use super::{Cli, CliError, print};

/// The documents by their topic.
const TOPICS: [(&str, &str); 5] = [
    ("operating", include_str!("help/operating.md")),
    ("upgrading", include_str!("help/upgrading.md")),
    ("moving", include_str!("help/moving.md")),
    ("packs", include_str!("help/packs.md")),
    ("api", include_str!("help/api.md")),
];

/// Arguments of `help`.
#[derive(Debug, Clone, clap::Args)]
pub struct HelpArgs {
    /// A topic, or the words of a command; none: the commands there are.
    #[arg(value_name = "TOPIC")]
    pub words: Vec<String>,
}

/// Arguments of `completions`.
#[derive(Debug, Clone, clap::Args)]
pub struct CompletionsArgs {
    #[arg(value_enum, value_name = "SHELL")]
    pub shell: Shell,
}

/// Arguments of `man`.
#[derive(Debug, Clone, clap::Args)]
pub struct ManArgs {
    /// A folder for one page a command.
    #[arg(value_name = "DIR")]
    pub folder: Option<PathBuf>,
}

/// `dangvan help`
pub fn help(args: &HelpArgs) -> Result<(), CliError> {
    if let [word] = args.words.as_slice()
        && let Some((_, text)) = TOPICS.iter().find(|(topic, _)| topic == word)
    {
        return print(text.trim_end());
    }
    let mut command = Cli::command();
    command.build();
    for word in &args.words {
        let found = command.find_subcommand(word).cloned();
        let topics: Vec<&str> = TOPICS.iter().map(|(topic, _)| *topic).collect();
        command = found.ok_or_else(|| {
            let known = topics.join(", ");
            CliError::Usage(format!("{word}: no command and no topic; topics: {known}"))
        })?;
    }
    print(command.render_long_help().to_string().trim_end())
}

/// `dangvan completions`
pub fn completions(args: &CompletionsArgs) -> Result<(), CliError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "dangvan", &mut script);
    print(String::from_utf8_lossy(&script).trim_end())
}

/// `dangvan man`
pub fn man(args: &ManArgs) -> Result<(), CliError> {
    if let Some(folder) = &args.folder {
        std::fs::create_dir_all(folder)?;
        return Ok(clap_mangen::generate_to(Cli::command(), folder)?);
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(Cli::command()).render(&mut page)?;
    print(String::from_utf8_lossy(&page).trim_end())
}
