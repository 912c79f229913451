#include "role.h"

const char *const role_name[ROLE_COUNT] = { "nurse", "porter", "manager", "engineer", "infection", "viewer" };
const char *const role_zh[ROLE_COUNT] = { "护士", "配送", "主管", "工程", "院感", "只读" };

#define BIT(x) (1u << (x))
#define EVERYBODY (BIT(ROLE_COUNT) - 1u)

/* The manager may do everything: somebody must be able to at night. */
static const unsigned who[RIGHT_COUNT] = {
    [RIGHT_ANYBODY] = EVERYBODY,
    [RIGHT_SEE] = EVERYBODY,
    [RIGHT_REQUEST] = BIT(ROLE_NURSE) | BIT(ROLE_PORTER) | BIT(ROLE_MANAGER),
    [RIGHT_HANDLE] = BIT(ROLE_NURSE) | BIT(ROLE_PORTER) | BIT(ROLE_MANAGER),
    [RIGHT_OPERATE] = BIT(ROLE_ENGINEER) | BIT(ROLE_INFECTION) | BIT(ROLE_MANAGER),
    [RIGHT_WAYS] = BIT(ROLE_ENGINEER) | BIT(ROLE_MANAGER),
    [RIGHT_HYGIENE] = BIT(ROLE_INFECTION) | BIT(ROLE_MANAGER),
    [RIGHT_EMERGENCY] = BIT(ROLE_ENGINEER) | BIT(ROLE_MANAGER),
    [RIGHT_PEOPLE] = BIT(ROLE_MANAGER),
    [RIGHT_AUDIT] = BIT(ROLE_MANAGER) | BIT(ROLE_INFECTION),
};

bool role_has(enum role role, enum right right)
{
    return role < ROLE_COUNT && right < RIGHT_COUNT && (who[right] & BIT(role)) != 0;
}
