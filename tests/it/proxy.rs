//! Stands between the service and its database, and can be cut, held up and mended. On threads of
//! its own, since a test may block.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    /// Connections end, new ones at once.
    Cut,
    /// Connections stand, and nothing goes through.
    Held,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    open: Mutex<Vec<TcpStream>>,
}

/// Listens until the test ends.
pub struct Proxy {
    url: String,
    shared: Arc<Shared>,
}

impl Proxy {
    /// In front of the server of `postgres://user@host:port/database`.
    pub fn to(url: &str) -> Proxy {
        let (scheme, rest) = url.split_once('@').unwrap();
        let (server, database) = rest.split_once('/').unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            state: Mutex::new(State::Open),
            changed: Condvar::new(),
            open: Mutex::default(),
        });
        let (known, server) = (shared.clone(), server.to_owned());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                accept(stream.unwrap(), &server, &known);
            }
        });
        Proxy { url: format!("{scheme}@127.0.0.1:{port}/{database}"), shared }
    }

    pub fn url(&self) -> String {
        self.url.clone()
    }

    pub fn cut(&self) {
        self.set(State::Cut);
        for stream in self.shared.open.lock().unwrap().drain(..) {
            // The other side may have gone already.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    pub fn hold(&self) {
        self.set(State::Held);
    }

    pub fn mend(&self) {
        self.set(State::Open);
    }

    fn set(&self, state: State) {
        *self.shared.state.lock().unwrap() = state;
        self.shared.changed.notify_all();
    }
}

fn accept(client: TcpStream, server: &str, shared: &Arc<Shared>) {
    if *shared.state.lock().unwrap() == State::Cut {
        return;
    }
    let server = TcpStream::connect(server).unwrap();
    for (from, to) in [(&client, &server), (&server, &client)] {
        from.set_nodelay(true).unwrap();
        let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
        let shared = shared.clone();
        std::thread::spawn(move || copy(from, to, &shared));
    }
    shared.open.lock().unwrap().extend([client, server]);
}

/// Copies until either side ends; then the other does, too.
fn copy(mut from: TcpStream, mut to: TcpStream, shared: &Shared) {
    let mut bytes = [0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut bytes) {
        let state = shared.state.lock().unwrap();
        drop(shared.changed.wait_while(state, |state| *state == State::Held).unwrap());
        if to.write_all(&bytes[..count]).is_err() {
            break;
        }
    }
    // Either may have gone already.
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}
