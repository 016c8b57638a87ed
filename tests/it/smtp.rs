//! Sending, with servers that refuse, put off, stall and hang up, and with a real one.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use dangvan::clock::Moment;
use dangvan::mail::{Limits, Outgoing, Sent, Transport};

use crate::smtp_server::{Behaviour, SmtpServer};

const IMPATIENT: Limits = Limits {
    connections_max: 10,
    connect: Duration::from_millis(300),
    reply: Duration::from_millis(300),
};

fn mail(number: usize) -> Outgoing {
    mail_to("an.nguyen@citizen.example", number)
}

fn mail_to(to: &str, number: usize) -> Outgoing {
    Outgoing {
        message_id: format!("m{number}.1@town.example"),
        from: "Thành phố Mẫu <no-reply@town.example>".to_owned(),
        to: to.to_owned(),
        subject: "Đã nhận phản ánh".to_owned(),
        text: "Kính gửi Quý vị,\n\n.một dòng bắt đầu bằng dấu chấm\n".to_owned(),
        html: "<!doctype html><p>Kính gửi Quý vị</p>".to_owned(),
        language: "vi".to_owned(),
        auto_submitted: true,
        references: None,
        written_at: "2026-11-24T08:09:10Z".parse::<Moment>().unwrap(),
    }
}

fn transport(url: &str, limits: Limits) -> Transport {
    Transport::new(Some(url), Path::new("unused"), limits).unwrap()
}

async fn one(behaviour: Behaviour) -> (Sent, usize) {
    let server = SmtpServer::start().await;
    server.next(&[behaviour]);
    let sent = transport(&server.url(), IMPATIENT).send(&mail(1)).await;
    (sent, server.received().len())
}

#[tokio::test]
async fn a_mail_arrives_as_it_was_written() {
    let server = SmtpServer::start().await;
    let sent = transport(&server.url(), IMPATIENT).send(&mail(7)).await;
    assert_eq!(sent, Sent::Accepted);
    let received = server.received();
    assert_eq!(received.len(), 1);
    assert_eq!(received[0].from, "no-reply@town.example");
    assert_eq!(received[0].to, ["an.nguyen@citizen.example"]);
    assert_eq!(received[0].message_id, "m7.1@town.example");
    assert!(received[0].data.contains("Auto-Submitted: auto-generated\r\n"));
    assert!(received[0].data.contains("Date: Tue, 24 Nov 2026 08:09:10 +0000\r\n"));
}

#[tokio::test]
async fn replies_of_the_server_decide() {
    let (sent, taken) = one(Behaviour::Greylist).await;
    assert!(matches!(sent, Sent::TryLater(_)) && taken == 0, "{sent:?}");
    let (sent, taken) = one(Behaviour::Full).await;
    assert!(matches!(sent, Sent::TryLater(_)) && taken == 0, "{sent:?}");
    let (sent, taken) = one(Behaviour::Refuse).await;
    assert!(matches!(sent, Sent::Refused(_)) && taken == 0, "{sent:?}");
    let (sent, taken) = one(Behaviour::RefuseContent).await;
    assert!(matches!(sent, Sent::Refused(_)) && taken == 0, "{sent:?}");
}

#[tokio::test]
async fn reasons_name_the_code_and_not_the_recipient() {
    for behaviour in [Behaviour::Refuse, Behaviour::Greylist] {
        let (Sent::Refused(why) | Sent::TryLater(why), _) = one(behaviour).await else {
            panic!("it was taken")
        };
        assert!(why.contains("550") || why.contains("451"), "{why}");
        assert!(why.contains("no such mailbox") || why.contains("greylisted"), "{why}");
        assert!(!why.contains("nguyen") && !why.contains("citizen"), "{why}");
    }
}

#[tokio::test]
async fn without_a_reply_to_the_content_the_end_is_uncertain() {
    for (behaviour, arrives) in
        [(Behaviour::DropInData, 0), (Behaviour::DropAfterData, 1), (Behaviour::StallAfterData, 1)]
    {
        let (sent, taken) = one(behaviour).await;
        assert!(matches!(sent, Sent::Uncertain(_)), "{behaviour:?}: {sent:?}");
        assert_eq!(taken, arrives, "{behaviour:?}");
    }
}

#[tokio::test]
async fn before_the_content_nothing_was_taken() {
    let (sent, taken) = one(Behaviour::StallAtRecipient).await;
    assert!(matches!(sent, Sent::TryLater(_)) && taken == 0, "{sent:?}");
    let (sent, taken) = one(Behaviour::TooMany).await;
    assert!(matches!(sent, Sent::TryLater(_)) && taken == 0, "{sent:?}");
    let server = SmtpServer::start().await;
    server.be_silent();
    let sent = transport(&server.url(), IMPATIENT).send(&mail(1)).await;
    assert!(matches!(sent, Sent::TryLater(_)), "{sent:?}");
    // Nobody listens where a server has been.
    let url = server.url();
    drop(server);
    tokio::task::yield_now().await;
    let sent = transport(&url, IMPATIENT).send(&mail(1)).await;
    assert!(matches!(&sent, Sent::TryLater(why) if why.contains("refused")), "{sent:?}");
}

#[tokio::test]
async fn a_refused_sign_in_is_the_operator_s_affair() {
    let server = SmtpServer::start().await;
    server.refuse_sign_in();
    let sent = transport(&server.url_with_sign_in(), IMPATIENT).send(&mail(1)).await;
    let Sent::TryLater(why) = sent else { panic!("{sent:?}") };
    assert!(why.contains("535") && why.contains("DANGVAN_SMTP_URL"), "{why}");
    assert!(!why.contains("secret"), "{why}");
    let (sent, _) = one(Behaviour::WantSignIn).await;
    assert!(matches!(&sent, Sent::TryLater(why) if why.contains("530")), "{sent:?}");
    let server = SmtpServer::start().await;
    let sent = transport(&server.url_with_sign_in(), IMPATIENT).send(&mail(1)).await;
    assert_eq!(sent, Sent::Accepted);
}

#[tokio::test]
async fn starttls_is_not_given_up_where_the_server_has_none() {
    let server = SmtpServer::start().await;
    let url = server.url().replace("smtp://", "smtp+starttls://");
    let sent = transport(&url, IMPATIENT).send(&mail(1)).await;
    assert!(matches!(&sent, Sent::TryLater(why) if why.contains("TLS")), "{sent:?}");
    assert!(server.received().is_empty());
}

#[tokio::test]
async fn recipients_and_urls_that_cannot_be() {
    let server = SmtpServer::start().await;
    let way = transport(&server.url(), IMPATIENT);
    for to in ["nobody", "an@reporter.invalid"] {
        assert!(matches!(way.send(&mail_to(to, 1)).await, Sent::Refused(_)), "{to}");
    }
    let sent = way.send(&mail_to("bình@citizen.example", 1)).await;
    assert!(matches!(&sent, Sent::Refused(why) if why.contains("ASCII")), "{sent:?}");
    for url in ["imap://h", "smtp://h:port", "smtp://user@h", "smtp://u:%zz@h"] {
        assert!(Transport::new(Some(url), Path::new("unused"), IMPATIENT).is_err(), "{url}");
    }
}

#[tokio::test]
async fn connections_are_kept_and_a_closed_one_costs_no_try() {
    let server = SmtpServer::start().await;
    let way = transport(&server.url(), IMPATIENT);
    for number in 0..5 {
        assert_eq!(way.send(&mail(number)).await, Sent::Accepted);
    }
    assert_eq!(server.connections(), 1);
    server.next(&[Behaviour::TooMany]);
    assert_eq!(way.send(&mail(5)).await, Sent::Accepted);
    assert_eq!(server.connections(), 2);
    server.next(&[Behaviour::Refuse]);
    assert!(matches!(way.send(&mail(6)).await, Sent::Refused(_)));
    assert_eq!(way.send(&mail(7)).await, Sent::Accepted);
    assert_eq!(server.received().len(), 7);
}

#[tokio::test]
async fn many_mails_share_a_few_connections() {
    let server = SmtpServer::start().await;
    let limits = Limits { connect: Duration::from_secs(20), ..Limits::SERVICE };
    let way = Arc::new(transport(&server.url(), limits));
    let mut sending = tokio::task::JoinSet::new();
    for number in 0..200 {
        let way = way.clone();
        sending.spawn(async move { way.send(&mail(number)).await });
    }
    assert!(sending.join_all().await.iter().all(|sent| *sent == Sent::Accepted));
    let mut ids: Vec<String> = server.received().into_iter().map(|r| r.message_id).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 200);
    assert!(server.connections_at_once() <= limits.connections_max);
    assert!(server.connections_at_once() >= 10);
}

/// Exim on a loopback port, with a configuration and folders of its own.
pub struct Exim {
    folder: tempfile::TempDir,
    port: u16,
    child: Child,
}

impl Exim {
    pub async fn start() -> Exim {
        let command = std::env::var("DANGVAN_TEST_EXIM")
            .expect("DANGVAN_TEST_EXIM is not set: tests/run installs exim4 and sets it");
        let folder = tempfile::tempdir().unwrap();
        // It runs as another user than the tests where these run as root.
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o777);
        std::fs::set_permissions(folder.path(), open).unwrap();
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let config = folder.path().join("exim.conf");
        let text = EXIM_CONFIG
            .replace("FOLDER", folder.path().to_str().unwrap())
            .replace("COMMAND", &command)
            .replace("PORT", &port.to_string());
        std::fs::write(&config, text).unwrap();
        let child = Command::new(&command)
            .args(["-C", config.to_str().unwrap(), "-bdf"])
            .stdin(Stdio::null())
            .stderr(std::fs::File::create(folder.path().join("stderr")).unwrap())
            .spawn()
            .unwrap();
        let exim = Exim { folder, port, child };
        exim.until("it listens", || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
        exim
    }

    /// Another process can only be waited for by looking.
    pub fn until(&self, what: &str, mut is_so: impl FnMut() -> bool) {
        for _ in 0..400 {
            if is_so() {
                return;
            }
            std::thread::sleep(Duration::from_millis(25));
        }
        let read = |name: &str| std::fs::read_to_string(self.folder.path().join(name));
        panic!("exim: not {what}; {:?} {:?}", read("stderr"), read("log/mainlog"));
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn delivered(&self) -> Vec<String> {
        let Ok(files) = std::fs::read_dir(self.folder.path().join("box/new")) else {
            return Vec::new();
        };
        files.map(|f| std::fs::read_to_string(f.unwrap().path()).unwrap()).collect()
    }
}

impl Drop for Exim {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const EXIM_CONFIG: &str = "\
exim_path = COMMAND
primary_hostname = mail.town.example
spool_directory = FOLDER/spool
log_file_path = FOLDER/log/%slog
pid_file_path = FOLDER/pid
daemon_smtp_ports = PORT
local_interfaces = 127.0.0.1
deliver_drop_privilege = true
host_lookup =
rfc1413_hosts =
smtp_accept_queue_per_connection = 0
smtp_accept_max = 0
acl_smtp_rcpt = recipients
acl_smtp_data = contents
begin acl
recipients:
  deny local_parts = refused
       message = no such person
  defer local_parts = greylisted
       message = come again
  accept
contents:
  accept
begin routers
all:
  driver = accept
  transport = box
begin transports
box:
  driver = appendfile
  directory = FOLDER/box
  maildir_format
  create_directory
  envelope_to_add
";

#[tokio::test(flavor = "multi_thread")]
async fn a_real_server_takes_and_refuses() {
    let exim = Exim::start().await;
    let limits = Limits {
        connections_max: 10,
        connect: Duration::from_secs(20),
        reply: Duration::from_secs(20),
    };
    let way = transport(&format!("smtp://127.0.0.1:{}", exim.port), limits);
    assert_eq!(way.send(&mail(1)).await, Sent::Accepted);
    assert_eq!(way.send(&mail(2)).await, Sent::Accepted);
    let sent = way.send(&mail_to("refused@citizen.example", 3)).await;
    assert!(matches!(&sent, Sent::Refused(why) if why.contains("no such person")), "{sent:?}");
    let sent = way.send(&mail_to("greylisted@citizen.example", 4)).await;
    assert!(matches!(&sent, Sent::TryLater(why) if why.contains("come again")), "{sent:?}");
    exim.until("both are delivered", || exim.delivered().len() == 2);
    for text in exim.delivered() {
        assert!(text.contains("Envelope-to: an.nguyen@citizen.example\n"), "{text}");
        assert!(text.contains("Message-ID: <m"), "{text}");
    }
}
