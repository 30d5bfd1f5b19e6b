"""``dropout-tui serve``: serves the dashboard to a browser."""

from __future__ import annotations

import os
import shlex
import sys

from dropout_tui.command_line.complaints import Complaint
from dropout_tui.command_line.open_store import Complain, opened_store
from dropout_tui.exit_codes import EXIT_USAGE
from dropout_tui.settings.config_file import ENVIRONMENT_PREFIX, Settings

EXTRA = (
    "dropout-tui serve needs textual-serve: pip install '.[serve]' in the clone,"
    " or pip install textual-serve beside the program"
)
HIGHEST_PORT = 65_535


def serve(settings: Settings, host: str, port: int, complain: Complain, *, arguments: list[str]) -> int:
    """Serve the dashboard until it is interrupted. Each page runs a program of its own, on the same store.

    `settings` fill the launch form in; nothing starts by itself when a page is loaded.
    """
    try:
        from dropout_tui.commands.browser.server import BrowserServer, is_loopback
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in ("textual_serve", "aiohttp"):
            raise
        complain(EXTRA)
        return EXIT_USAGE
    _check_that_pages_open(settings, demo="--demo" in arguments)
    if not is_loopback(host):
        complain(
            f"warning: whoever has the address can use this dashboard, and your API key through it: at {host}:{port}"
            " it goes over the network unencrypted"
        )
    os.environ.update(
        {f"{ENVIRONMENT_PREFIX}{name.upper()}": value for name, value in _texts(settings).items()}
    )
    # Without -P, Python imports modules from the working directory first, which may be anybody's.
    command = shlex.join([sys.executable, "-P", "-m", __package__.partition(".")[0], *arguments])
    try:
        BrowserServer(command, host, port).serve()
    except OSError as error:
        complain(f"cannot serve on {host}:{port}: {error.strerror or error}")
        return EXIT_USAGE
    return 0


def _check_that_pages_open(settings: Settings, *, demo: bool) -> None:
    """Check that the program behind a page can start: nobody would see the line in which it says why not.

    Raises:
        Complaint: the theme is none.
        StoreUnusable: the store cannot be opened.
    """
    from dropout_tui.app.base_app import problem_with_theme

    if (problem := problem_with_theme(settings.theme)) is not None:
        raise Complaint(problem)
    if not demo:
        with opened_store(settings.store):
            pass


def _texts(settings: Settings) -> dict[str, str]:
    """The options given on the command line. Files are read anew for each page, under the same limits as here."""
    switches = {name: "true" if on else "false" for name, on in settings.switches.items()}
    theme = {} if settings.theme is None else {"theme": settings.theme}
    texts = {**settings.texts, **switches, **theme}
    return {name: text for name, text in texts.items() if settings.is_from_command_line(name)}
