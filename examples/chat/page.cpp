// SPDX-License-Identifier: MIT
#include "page.hpp"

namespace chat {

std::string_view page() noexcept {
    return R"html(<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Chat</title>
<style>
    body { font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 1rem auto; padding: 0 1rem; }
    #lines { height: 60vh; overflow-y: auto; border: 1px solid #999; padding: .5rem; white-space: pre-wrap; }
    form { display: flex; gap: .5rem; margin-top: .5rem; }
    input { flex: 1; font: inherit; padding: .3rem; }
    .mine { color: #555; }
</style>
<h1>Chat</h1>
<div id="lines" role="log"></div>
<form id="form"><input id="line" autocomplete="off" maxlength="900" autofocus><button>Send</button></form>
<script>
    const lines = document.getElementById("lines");
    const input = document.getElementById("line");
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/chat`);

    function show(text, kind = "") {
        const line = document.createElement("div");
        line.textContent = text;  // never as HTML: it comes from others
        line.className = kind;
        lines.append(line);
        lines.scrollTop = lines.scrollHeight;
    }

    socket.onmessage = (event) => show(event.data);
    socket.onclose = () => show("* The connection is closed.");
    document.getElementById("form").onsubmit = (event) => {
        event.preventDefault();
        if (input.value !== "") {
            socket.send(input.value);
            show(input.value, "mine");
            input.value = "";
        }
    };
</script>
</html>
)html";
}

}  // namespace chat
