"""One try of a request whose reply is streamed, whatever the API: what is sent and read, and how it is counted."""
