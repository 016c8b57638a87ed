//! A mail server under control: it does what a test tells it to, and records what it has taken.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What happens to one mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behaviour {
    Accept,
    /// 451 to the recipient, who is named in the reply.
    Greylist,
    /// 550 to the recipient, who is named in the reply.
    Refuse,
    /// 554 to the content.
    RefuseContent,
    /// 452 to the content.
    Full,
    /// 530 to the sender: sign in first.
    WantSignIn,
    /// 421 to the sender, and the connection ends.
    TooMany,
    /// The connection ends in the middle of the content.
    DropInData,
    /// The mail is taken, and the connection ends before the reply.
    DropAfterData,
    /// The mail is taken, and the reply never comes.
    StallAfterData,
    /// The recipient is never answered.
    StallAtRecipient,
    /// The recipient is welcome, and DATA is never answered.
    StallAtData,
}

/// A mail that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    pub from: String,
    pub to: Vec<String>,
    /// Without angle brackets.
    pub message_id: String,
    pub data: String,
}

#[derive(Default)]
struct State {
    script: VecDeque<Behaviour>,
    received: Vec<Received>,
    connections: usize,
    open: usize,
    open_max: usize,
    /// Signing in is wanted and refused.
    refuses_sign_in: bool,
    /// Connections are taken and never greeted.
    silent: bool,
    /// Connections that are waited for in vain.
    stalled: usize,
}

/// Listens on a loopback port until it is dropped.
pub struct SmtpServer {
    port: u16,
    state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

impl SmtpServer {
    pub async fn start() -> SmtpServer {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(Mutex::new(State::default()));
        let shared = state.clone();
        let task = tokio::spawn(async move {
            // Connections end with the server: a dropped set aborts its tasks.
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(serve(stream, shared.clone()));
            }
        });
        SmtpServer { port, state, task }
    }

    pub fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    pub fn url_with_sign_in(&self) -> String {
        format!("smtp://user:secret%40word@127.0.0.1:{}", self.port)
    }

    /// What happens to the next mails, one after another; then all are accepted.
    pub fn next(&self, behaviours: &[Behaviour]) {
        self.state.lock().unwrap().script.extend(behaviours);
    }

    pub fn refuse_sign_in(&self) {
        self.state.lock().unwrap().refuses_sign_in = true;
    }

    pub fn be_silent(&self) {
        self.state.lock().unwrap().silent = true;
    }

    pub fn received(&self) -> Vec<Received> {
        self.state.lock().unwrap().received.clone()
    }

    /// Waits until so many clients wait in vain.
    pub async fn until_stalled(&self, count: usize) {
        for _ in 0..2_000 {
            if self.state.lock().unwrap().stalled >= count {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("only {} connections stall", self.state.lock().unwrap().stalled);
    }

    /// Counts the stalled from nothing again.
    pub fn forget_stalled(&self) {
        self.state.lock().unwrap().stalled = 0;
    }

    /// How many connections there were.
    pub fn connections(&self) -> usize {
        self.state.lock().unwrap().connections
    }

    /// How many connections there were at the same time.
    pub fn connections_at_once(&self) -> usize {
        self.state.lock().unwrap().open_max
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Open(Arc<Mutex<State>>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.lock().unwrap().open -= 1;
    }
}

async fn serve(stream: TcpStream, state: Arc<Mutex<State>>) {
    let silent = {
        let mut state = state.lock().unwrap();
        state.connections += 1;
        state.open += 1;
        state.open_max = state.open_max.max(state.open);
        state.silent
    };
    let open = Open(state.clone());
    if silent {
        std::future::pending::<()>().await;
    }
    // An error is the client's going away.
    let _ = Session::new(stream, state).run().await;
    drop(open);
}

struct Session {
    lines: BufReader<OwnedReadHalf>,
    out: OwnedWriteHalf,
    state: Arc<Mutex<State>>,
    behaviour: Behaviour,
    from: String,
    to: Vec<String>,
}

enum Next {
    GoOn,
    Close,
    Stall,
}

impl Session {
    fn new(stream: TcpStream, state: Arc<Mutex<State>>) -> Session {
        stream.set_nodelay(true).unwrap();
        let (read, out) = stream.into_split();
        let lines = BufReader::new(read);
        let (from, to) = (String::new(), Vec::new());
        Session { lines, out, state, behaviour: Behaviour::Accept, from, to }
    }

    async fn run(&mut self) -> std::io::Result<()> {
        self.say("220 town.example ESMTP").await?;
        let mut line = String::new();
        while self.lines.read_line(&mut line).await? > 0 {
            match self.answer(line.trim_end()).await? {
                Next::GoOn => {}
                Next::Close => return Ok(()),
                Next::Stall => {
                    self.state.lock().unwrap().stalled += 1;
                    std::future::pending().await
                }
            }
            line.clear();
        }
        Ok(())
    }

    async fn answer(&mut self, line: &str) -> std::io::Result<Next> {
        let upper = line.to_ascii_uppercase();
        if upper.starts_with("EHLO") {
            self.say("250-town.example\r\n250-8BITMIME\r\n250 AUTH PLAIN LOGIN").await?;
        } else if upper.starts_with("AUTH") {
            let refuses = self.state.lock().unwrap().refuses_sign_in;
            let reply = if refuses { "535 5.7.8 not you" } else { "235 2.7.0 welcome" };
            self.say(reply).await?;
        } else if upper.starts_with("MAIL FROM") {
            return self.mail(line).await;
        } else if upper.starts_with("RCPT TO") {
            return self.recipient(line).await;
        } else if upper == "DATA" {
            if self.behaviour == Behaviour::StallAtData {
                return Ok(Next::Stall);
            }
            self.say("354 go on").await?;
            return self.content().await;
        } else if upper == "QUIT" {
            self.say("221 bye").await?;
            return Ok(Next::Close);
        } else {
            self.say("250 ok").await?;
        }
        Ok(Next::GoOn)
    }

    async fn mail(&mut self, line: &str) -> std::io::Result<Next> {
        let behaviour = self.state.lock().unwrap().script.pop_front();
        self.behaviour = behaviour.unwrap_or(Behaviour::Accept);
        self.from = address(line);
        self.to.clear();
        match self.behaviour {
            Behaviour::WantSignIn => self.say("530 5.7.0 authentication required").await?,
            Behaviour::TooMany => {
                self.say("421 4.7.0 too many mails on this connection").await?;
                return Ok(Next::Close);
            }
            _ => self.say("250 ok").await?,
        }
        Ok(Next::GoOn)
    }

    async fn recipient(&mut self, line: &str) -> std::io::Result<Next> {
        let to = address(line);
        let local = to.split('@').next().unwrap_or_default();
        match self.behaviour {
            Behaviour::Greylist => {
                self.say(&format!("451 4.7.1 <{to}>: greylisted, come again")).await?;
            }
            Behaviour::Refuse => {
                let reply = format!("550-5.1.1 <{to}>: no such mailbox\r\n550 5.1.1 user {local}");
                self.say(&reply).await?;
            }
            Behaviour::StallAtRecipient => return Ok(Next::Stall),
            _ => {
                self.to.push(to);
                self.say("250 ok").await?;
            }
        }
        Ok(Next::GoOn)
    }

    async fn content(&mut self) -> std::io::Result<Next> {
        if self.behaviour == Behaviour::DropInData {
            let mut line = String::new();
            self.lines.read_line(&mut line).await?;
            return Ok(Next::Close);
        }
        let data = self.read_data().await?;
        match self.behaviour {
            Behaviour::RefuseContent => self.say("554 5.6.0 not this").await?,
            Behaviour::Full => self.say("452 4.3.1 no room").await?,
            Behaviour::DropAfterData => {
                self.take(data);
                return Ok(Next::Close);
            }
            Behaviour::StallAfterData => {
                self.take(data);
                return Ok(Next::Stall);
            }
            _ => {
                self.take(data);
                self.say("250 2.0.0 taken").await?;
            }
        }
        Ok(Next::GoOn)
    }

    async fn read_data(&mut self) -> std::io::Result<String> {
        let mut data = String::new();
        loop {
            let mut line = String::new();
            if self.lines.read_line(&mut line).await? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            match line.strip_prefix('.') {
                Some("\r\n") => return Ok(data),
                Some(stuffed) => data.push_str(stuffed),
                None => data.push_str(&line),
            }
        }
    }

    fn take(&mut self, data: String) {
        let id = data.lines().find_map(|l| l.strip_prefix("Message-ID: ")).unwrap_or_default();
        let message_id = id.trim_matches(['<', '>']).to_owned();
        let (from, to) = (self.from.clone(), self.to.clone());
        self.state.lock().unwrap().received.push(Received { from, to, message_id, data });
    }

    async fn say(&mut self, reply: &str) -> std::io::Result<()> {
        self.out.write_all(format!("{reply}\r\n").as_bytes()).await
    }
}

fn address(line: &str) -> String {
    let start = line.find('<').map_or(0, |at| at + 1);
    let end = line.find('>').unwrap_or(line.len());
    line[start..end].to_owned()
}
