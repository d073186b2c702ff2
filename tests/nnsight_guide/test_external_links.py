"""The check of the addresses outside of the site, on a server of its own."""

import http.server
import threading

import pytest

from nnsight_guide.site.external_links import external_links, faults, main


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(int(self.path.strip("/")))
        self.end_headers()

    def log_message(self, format, *args):
        pass


@pytest.fixture(scope="module")
def address():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_each_address_is_found_once_with_all_its_pages(tmp_path):
    (tmp_path / "a.html").write_text('<a href="https://x.org/#part">x</a><a href="b.html">b</a>')
    (tmp_path / "b.html").write_text('<a href="https://x.org/">x</a>')
    assert external_links(tmp_path) == {"https://x.org/": ["a.html", "b.html"]}


def test_what_is_gone_is_reported_and_what_asks_to_sign_in_is_not(address):
    wrong = faults(f"{address}/{status}" for status in (200, 403, 404, 500))
    assert wrong == {f"{address}/404": "answers 404", f"{address}/500": "answers 500"}


def test_a_host_that_does_not_answer_is_reported():
    [wrong] = faults(["http://127.0.0.1:9/"]).values()
    assert wrong.startswith("ConnectError")


def test_without_a_site_it_says_how_to_build_one(tmp_path, capsys):
    assert main(str(tmp_path)) == 1
    assert "`make site` builds it" in capsys.readouterr().out
