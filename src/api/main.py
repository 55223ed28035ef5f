"""Every router in one app, for uvicorn: `uvicorn api.main:app`."""

from api.app import create_app
from api.logs import configure_logs
from api.settings import Settings

settings = Settings.from_environment()
configure_logs(settings.log_level)
app = create_app(settings)
