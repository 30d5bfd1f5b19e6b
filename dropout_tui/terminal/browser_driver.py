"""The driver for the browser, with pastes read as plain text."""

from __future__ import annotations

from codecs import getincrementaldecoder

from textual.drivers._byte_stream import ByteStream
from textual.drivers.web_driver import WebDriver, _ExitInput

from dropout_tui.terminal.paste_parser import PasteParser


class BrowserDriver(WebDriver):
    """Textual's driver for the browser, safe against hostile pastes."""

    def run_input_thread(self) -> None:
        """Read keys, pastes and what the server says, until the page is closed."""
        parser, packets = PasteParser(self._debug), ByteStream()
        decode = getincrementaldecoder("utf-8")("replace").decode
        try:
            for data in self._input_reader:
                # An empty read means that nothing was sent for a while; the packet reader would take it for the end.
                for kind, payload in packets.feed(data) if data else ():
                    if kind != "D":
                        self._on_meta(kind, payload)
                    elif text := decode(payload):
                        for message in parser.feed(text):
                            self.process_message(message)
                for message in parser.tick():
                    self.process_message(message)
        except _ExitInput:
            pass
        finally:
            self._input_reader.close()
