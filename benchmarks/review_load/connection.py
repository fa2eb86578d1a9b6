"""A browser's end of Streamlit's protocol, without the browser."""

from __future__ import annotations

import json
from types import TracebackType
from typing import Any, Self

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

# In the id of the component, among others of the page.
_CARD = "review_card"


class Connection:
    """Opens a page of the app and talks to its review card.

    Parameters
    ----------
    url : str
        Of the server, with ``http``.
    page : str
        The name of the page in the address.
    query : str
        What the address says behind the question mark.
    """

    def __init__(self, url: str, page: str, query: str) -> None:
        self._address = f"{url.replace('http', 'ws', 1)}/_stcore/stream"
        self._page, self._query = page, query
        self._kept: dict[str, ForwardMsg] = {}
        self._component = self._fragment = ""
        self._socket: ClientConnection | None = None
        self._hash = ""

    async def __aenter__(self) -> Self:
        self._socket = await connect(self._address, max_size=None)
        first = BackMsg()
        first.rerun_script.query_string = self._query
        first.rerun_script.page_name = self._page
        await self._socket.send(first.SerializeToString())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._socket is not None:
            await self._socket.close()

    async def send(self, message: dict[str, Any]) -> None:
        """Hand a message of the card to the server, as its script does."""
        assert self._socket is not None
        back = BackMsg()
        run = back.rerun_script
        run.query_string, run.fragment_id = self._query, self._fragment
        run.page_script_hash = self._hash
        state = run.widget_states.widgets.add()
        state.id, state.json_value = self._component, json.dumps({"message": message})
        await self._socket.send(back.SerializeToString())

    async def answer(self) -> dict[str, Any]:
        """Return what the server tells the card next.

        Raises
        ------
        RuntimeError
            If the page failed.
        """
        assert self._socket is not None
        while True:
            data = await self._socket.recv()
            assert isinstance(data, bytes)
            message = ForwardMsg.FromString(data)
            kind = message.WhichOneof("type")
            if kind == "ref_hash":
                message = self._kept[message.ref_hash]
            elif message.metadata.cacheable:
                self._kept[message.hash] = message
            if message.WhichOneof("type") == "new_session":
                self._hash = message.new_session.page_script_hash
            element = message.delta.new_element
            if element.WhichOneof("type") == "exception":
                raise RuntimeError(element.exception.message)
            is_component = element.WhichOneof("type") == "bidi_component"
            if is_component and _CARD in element.bidi_component.id:
                self._component = element.bidi_component.id
                self._fragment = message.delta.fragment_id
                told: dict[str, Any] = json.loads(element.bidi_component.json)
                return told
