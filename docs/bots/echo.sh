#!/bin/bash
# Answers each message with its own text:
#   roost inbox --unread --follow --exec docs/bots/echo.sh
# The text comes on standard input, and goes on to `roost send`. The key makes it one answer, even where this runs twice for a message.
[ "$ROOST_FROM" = "$(roost id)" ] && exit
exec roost send "$ROOST_FROM" - --key "echo $ROOST_MESSAGE" --until queued > /dev/null
