"""Chat Completions, the API of OpenAI that most other servers speak: requests, streamed replies, and errors.

Conversations keep the form of the Messages API; here they are put into the other, and replies are put back.
"""
