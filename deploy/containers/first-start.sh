#!/bin/sh
# Makes the first operator and the token of Prometheus, each once. Whatever is there already stays.
set -eu
umask 077
if [ ! -s /access/users ]; then
  /app/healing users add admin --role operator --why "first start" < /run/secrets/admin_password
fi
if [ ! -s /metrics-token/token ]; then
  /app/healing tokens create prometheus --scope metrics --expires 731d --why "first start" > /metrics-token/token.new
  chmod 644 /metrics-token/token.new
  mv /metrics-token/token.new /metrics-token/token
fi
