#!/bin/sh
# Sample data up to this moment, then the API. A second start keeps what is stored and adds what is new.
set -eu
now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
python3 sample_data/make_sample_data.py --end "${now%T*}" --extend --not-after "$now" --out "$ANALYTICS_DATA_DIR/sample"
analytics seed "$ANALYTICS_DATA_DIR/sample"
exec uvicorn api.main:app --host 0.0.0.0 --port 8000 \
    --http api.hosting.uvicorn_protocol:DeadlineProtocol
