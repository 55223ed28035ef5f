"""The app with all routers, to run under uvicorn: `uvicorn api.main:app`."""

from api import telemetry
from api.app import create_app
from api.logs import configure_logs
from api.settings import Settings
from api.startup import exit_on_invalid_settings

with exit_on_invalid_settings():
    settings = Settings.from_environment()
    configure_logs(settings.log_level)
    telemetry.export(settings.otlp_endpoint, service="acme-analytics-api")
    app = create_app(settings)
