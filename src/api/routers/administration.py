"""The routes that admins of an organisation use."""

from fastapi import APIRouter

from api.routers import invitations, members, organization

router = APIRouter(
    routes=[
        *organization.router.routes,
        *members.router.routes,
        *invitations.router.routes,
    ]
)
