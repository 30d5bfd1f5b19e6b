"""What the launch form says of where requests go, and whether a key goes with them."""

from __future__ import annotations

from collections.abc import Mapping

from dropout_core.models.http.credentials import ADDRESS_NAMES, key_configured, key_name
from dropout_core.models.http.destination import LOADING, Destination, destination_at
from dropout_core.values.api import APIS, COMPANIES, Api
from dropout_core.values.config import LOCAL_MODEL, SAMPLE_MODEL, SAMPLE_NOTICE
from dropout_tui.presenters.launch.form import LaunchForm
from dropout_tui.text.sanitize import visible_line

KEY_NOTICES: Mapping[Api, str] = {
    api: f"no API key found: set {key_name({}, api)} or choose model {SAMPLE_MODEL}" for api in APIS
}


def api_of(form: LaunchForm) -> Api:
    """The API that is chosen; one that is not known is complained of when it starts."""
    return next((api for api in APIS if api == form.api.strip()), APIS[0])


def is_local(form: LaunchForm) -> bool:
    """Whether the model is the one that this program serves by itself."""
    return form.model.strip() == LOCAL_MODEL and not form.base_url.strip()


def chooses_api(form: LaunchForm) -> bool:
    """Whether there is an API to choose: at an address of one's own, or where there is a key of the other."""
    return bool(form.base_url.strip()) or form.api != APIS[0] or key_configured(api="openai")


def destination_of_form(form: LaunchForm) -> Destination:
    """Where the requests of the form would go."""
    return destination_at(form.base_url.strip() or None, api=api_of(form))


def usual_server(form: LaunchForm) -> str:
    """The address of requests when none is given, in a few words."""
    api = api_of(form)
    usual = destination_at(None, api=api)
    own = f"{COMPANIES[api]}'s"
    return own if usual.is_official else visible_line(f"{usual.shown} ({ADDRESS_NAMES[api]})")


def notice_of(form: LaunchForm, *, anthropic_key: bool) -> str:
    """What a run of the form would tell; empty when there is nothing to tell. `anthropic_key` says whether there is a
    key of the Messages API."""
    if form.model.strip() == SAMPLE_MODEL:
        return SAMPLE_NOTICE
    if is_local(form):
        return LOADING[0].upper() + LOADING[1:]
    api, destination = api_of(form), destination_of_form(form)
    if not destination.is_usual:
        words = destination.words
        return visible_line(words[0].upper() + words[1:])
    # Another server may need no key.
    has_key = anthropic_key if api == "anthropic" else key_configured(api=api)
    return "" if has_key or destination.is_loopback else KEY_NOTICES[api]
