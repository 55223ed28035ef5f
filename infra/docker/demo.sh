#!/bin/sh
# Load sample data up to now, then start the API. A restart keeps the stored events and adds new ones.
set -eu
now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
python3 sample_data/make_sample_data.py --end "${now%T*}" --extend --not-after "$now" --out "$ANALYTICS_DATA_DIR/sample"
analytics seed "$ANALYTICS_DATA_DIR/sample"
exec uvicorn api.main:app --host 0.0.0.0 --port 8000 \
    --http api.hosting.uvicorn_protocol:DeadlineProtocol
