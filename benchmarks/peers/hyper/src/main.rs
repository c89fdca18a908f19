//! HTTP server: a greeting, and an echo of JSON. See `benchmarks/peers/README.md`.

use std::convert::Infallible;
use std::io;
use std::net::Ipv4Addr;

use edo_tokio_peer::{raise_descriptor_limit, serve_until_signal, Options};
use hyper::header::{HeaderValue, CONTENT_TYPE};
use hyper::server::conn::Http;
use hyper::service::service_fn;
use hyper::{Body, Request, Response, StatusCode};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

const USAGE: &str = "usage: hyper_http [--port P] [--flavor current_thread|multi] [--workers N]";

#[derive(Serialize, Deserialize)]
struct Data {
    number: u32,
    boolean: bool,
}

fn with_type(body: Body, value: &'static str) -> Response<Body> {
    let mut response = Response::new(body);
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(value));
    response
}

async fn answer(request: Request<Body>) -> Result<Response<Body>, Infallible> {
    if request.uri().path() != "/json" {
        return Ok(with_type(
            Body::from("Hello, World!"),
            "text/plain; charset=utf-8",
        ));
    }
    let parsed = match hyper::body::to_bytes(request.into_body()).await {
        Ok(bytes) => serde_json::from_slice::<Data>(&bytes).ok(),
        Err(_) => None,
    };
    match parsed.and_then(|data| serde_json::to_vec(&data).ok()) {
        Some(text) => Ok(with_type(Body::from(text), "application/json")),
        None => {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::BAD_REQUEST;
            Ok(response)
        }
    }
}

fn main() -> io::Result<()> {
    let options = Options::parse(USAGE);
    raise_descriptor_limit();
    let port = options.port;
    options
        .build_runtime()?
        .block_on(serve_until_signal(async move {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
            println!("listening on {}", listener.local_addr()?);
            let mut http = Http::new();
            // Answers to pipelined requests are written together, as edo's are.
            http.http1_only(true).pipeline_flush(true);
            loop {
                let (stream, _) = listener.accept().await?;
                stream.set_nodelay(true)?;
                let serving = http.serve_connection(stream, service_fn(answer));
                tokio::spawn(async move {
                    // A connection that breaks is the load generator's to report.
                    let _ = serving.await;
                });
            }
        }))
}
