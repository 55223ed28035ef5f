"""The routes of the app `manage_organization`: of admins, and of saved views and boards."""

from fastapi import APIRouter

from api.routers import (
    alerts,
    annotations,
    boards,
    invitations,
    members,
    organization,
    shares,
    views,
)

router = APIRouter(
    routes=[
        *organization.router.routes,
        *members.router.routes,
        *invitations.router.routes,
        *views.router.routes,
        *boards.router.routes,
        *annotations.router.routes,
        *shares.router.routes,
        *alerts.router.routes,
    ]
)
