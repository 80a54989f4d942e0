//! Asks the emulator on the loopback interface: the smallest HTTP/1.1 client that does, and no more.

use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Whether the emulator at this port answers its health check within two seconds.
pub(crate) async fn is_healthy(port: u16) -> bool {
    ask("GET", "/_ministack/health", port, Duration::from_secs(2))
        .await
        .is_ok_and(|answer| answer.status == 200)
}

/// Empties the emulator at this port.
pub(crate) async fn reset(port: u16) -> Result<(), String> {
    match ask("POST", "/_ministack/reset", port, Duration::from_secs(30)).await {
        Ok(answer) if answer.status == 200 => Ok(()),
        Ok(answer) => Err(format!("HTTP status {}: {}", answer.status, answer.body)),
        Err(error) => Err(error.to_string()),
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Answer {
    status: u16,
    body: String,
}

async fn ask(method: &str, path: &str, port: u16, patience: Duration) -> io::Result<Answer> {
    let exchange = async {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await?;
        let mut bytes = Vec::new();
        stream.take(64 * 1024).read_to_end(&mut bytes).await?;
        parse(&String::from_utf8_lossy(&bytes))
            .ok_or_else(|| io::Error::other("the answer is no HTTP"))
    };
    tokio::time::timeout(patience, exchange)
        .await
        .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
}

fn parse(text: &str) -> Option<Answer> {
    let (head, body) = text.split_once("\r\n\r\n")?;
    let mut words = head.lines().next()?.split(' ');
    if !words.next()?.starts_with("HTTP/1.") {
        return None;
    }
    Some(Answer {
        status: words.next()?.parse().ok()?,
        body: body.chars().take(500).collect(),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests may")]
    use super::{Answer, is_healthy, parse};
    use tokio::io::AsyncWriteExt;
    use tokio::net::TcpListener;

    #[test]
    fn the_status_and_the_body_are_read() {
        let answer = parse("HTTP/1.1 503 Service Unavailable\r\nA: b\r\n\r\nlater");
        assert_eq!(
            answer,
            Some(Answer {
                status: 503,
                body: "later".to_owned()
            })
        );
        assert_eq!(parse("SSH-2.0-OpenSSH\r\n\r\n"), None);
        assert_eq!(parse("HTTP/1.1"), None);
    }

    #[tokio::test]
    async fn what_is_no_emulator_is_not_healthy() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream
                .write_all(b"HTTP/1.1 404 Not Found\r\n\r\n")
                .await
                .unwrap();
        });
        assert!(!is_healthy(port).await);
        server.await.unwrap();
        assert!(!is_healthy(port).await, "nobody listens any more");
    }
}
