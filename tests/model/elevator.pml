/* The elevator grant protocol, for spin: who may cross the sill of a car, and when.
 *
 * Modelled after controller/core/elevator.c (sessions; a new generation with each request for another floor), command.c
 * and order.c (a base is released up to the first closed gate, never withdrawn, repeated until shown), traffic.c, plan.c (a ride and its exit
 * are claimed as one), sim/plant.c and common/building_msg.h (the car), robot-agent/agent.c (an old update is refused),
 * the journal (an input is committed before what it causes leaves).
 *
 * Two floors, two robots that ride towards each other, robot 0 twice from the same floor (it comes back another way).
 * Every message, once sent, may arrive never, once or often, at any later time and in any order: a channel is the set of
 * what was ever sent on it. The controller may crash after any input: what was committed is there again, what should
 * have been sent is not, which robots it was in touch with is forgotten. People take the car whenever no robot is in it
 * or has been shown an open door (sim/plant.h, rule 7).
 * At some moment the weather turns calm: no loss, nothing old arrives any more, no crash; then everybody must get done.
 *
 * Judged: never two robots in the car or on its sills; nobody begins to cross a sill unless the car stands open there,
 * and doors do not close, nor the car move, while somebody crosses; never two robots in one lobby; nobody crosses but
 * the holder of the session (so a stale grant moves nobody); no deadlock; in calm weather every ride ends.
 *
 * -D...     leaves a guard out, and spin must find an error then (run.sh):
 * ONE_GENERATION   the request for the floor of exit keeps the generation of that for the floor of entry: a late copy of
 *                  the first one shuts the doors on the robot that leaves; safe only where requests keep their order
 * NO_CAR_CHECK     the car obeys requests of older generations
 * NO_STATE_CHECK   the controller believes what a car said in an older session
 * NO_USED_CHECK    a robot takes an order it has used before
 * NO_NUMBER_CHECK  the controller takes a robot's place by its name, not by the number of the step
 * NO_EXIT_CLAIM    a robot boards before its exit is claimed
 * EARLY_FREE       the car is freed when the robot is told to leave, not when it has left
 * EARLY_SEND       messages leave before the input that caused them is in the journal
 * EARLY_GIVE_UP    a claim is given back although the robot has been told to use it
 * LOST_GENERATION  the generation is not in the journal
 * FORGETFUL_CAR    the car forgets in a restart which generation was the newest and that it had shown an open door
 *
 * Not guards: ORDERED, requests to the car keep their order (loss and repetition stay); GIVE_UP, a claim may be given
 * back once before its robot is told to enter; RIDES_0, RIDES_1, how often each rides; LIVE, judge that all get done.
 * NO_END_CHECK lets the car revive a session that has ended: nothing judged here needs that guard; it keeps people from
 * waiting for nobody. Not modelled: modes other than "for robots", a third robot, a second car. */

#ifndef RIDES_0
#define RIDES_0 2
#endif
#ifndef RIDES_1
#define RIDES_1 1
#endif
#define NONE 2

/* Where a robot is. It reports the last node it reached, as a number that rises: 4 * trip + 0 refuge, 1 lobby, 2 car,
 * 3 far lobby. */
#define REFUGE 0
#define LOBBY 1
#define SILL_IN 2
#define CAR 3
#define SILL_OUT 4
#define FAR_LOBBY 5

#define FROM(r) (r)
#define TO(r) (1 - (r))
#define BIT(n) (1 << (n))

bool calm;

/* ---- truth: robots ---- */
byte pos[2], trip[2];
byte accepted[2];                /* newest order taken; of trip t: number 2t + 1 enter, 2t + 2 leave */
byte may[2];                     /* NOTHING, ENTER or LEAVE: what it has been told and not done yet */
#define NOTHING 0
#define ENTER 1
#define LEAVE 2
#define REACHED(r) (4 * trip[r] + (pos[r] <= LOBBY -> pos[r] : (pos[r] == SILL_IN -> 1 : (pos[r] == FAR_LOBBY -> 3 : 2))))
#define CROSSING(r) (pos[r] == SILL_IN || pos[r] == SILL_OUT)
#define IN_CAR(r) (pos[r] >= SILL_IN && pos[r] <= SILL_OUT)
#define IN_LOBBY(r, f) ((pos[r] == LOBBY && FROM(r) == (f)) || (pos[r] == FAR_LOBBY && TO(r) == (f)))

/* ---- truth: the car (sim/plant.c) ---- */
#define SHUT 0
#define OPENING 1
#define OPEN 2
#define CLOSING 3
byte door, newest, target = NONE;
bit level, their_goal;
bool moving, over;               /* over: the newest session has ended */
bool theirs, let_in;             /* people have it; the door has stood open for the session in force */
#define ROBOTS_OWN (IN_CAR(0) || IN_CAR(1) || (let_in && !over))
#define GOAL (theirs -> their_goal : target)
#define IN_FORCE ((over || theirs) -> 0 : newest)
#define ALL_DONE (trip[0] == RIDES_0 && trip[1] == RIDES_1 && (over || newest == 0))
#define STANDS_AT(f) (!moving && door == OPEN && level == (f))

/* ---- all that was ever said: one bit for each generation or number ---- */
short hold[2], end_of;           /* controller to car: stand open at this floor; the session is over */
short open_at[2], not_open;      /* car to controller */
short order[2];                  /* controller to robot */
#ifdef ORDERED
short upstairs_first;            /* generations whose first request was for floor 1 */
byte got;                        /* rank of the last request that came */
#define RANK_HOLD(g, f) (3 * (g) + (((upstairs_first >> (g)) & 1) == (f) -> 0 : 1))
#define IN_ORDER(rank) ((rank) >= got)
#else
#define IN_ORDER(rank) true
#endif

/* ---- the controller; all but `in_touch` is in the journal ---- */
byte known[2];                   /* the furthest step reported */
byte claim[2];                   /* A_LOBBY, A_CAR, A_FAR_LOBBY */
#define A_LOBBY 1
#define A_CAR 2
#define A_FAR_LOBBY 4
#define A_WAY 7
byte holder = NONE, generation, want = NONE;
bool ending, heard_open;
byte heard_generation;
bit heard_level;
byte ordered[2];                 /* number of the last order */
bool in_touch = true;            /* robots have been heard since the last start */
#define PLACE(r) (known[r] % 4)
#define TRIP(r) (known[r] / 4)
#define RIDES(r) ((r) == 0 -> RIDES_0 : RIDES_1)

#ifdef NO_STATE_CHECK
#define STANDS_OPEN (heard_open && heard_level == want && !ending)
#else
#define STANDS_OPEN (heard_open && heard_level == want && !ending && heard_generation == generation)
#endif

/* ================ the car ================ */

inline nobody_crosses()
{
    assert(!CROSSING(0) && !CROSSING(1))
}

inline act() /* standing, or just arrived; then it says how it is, once and again */
{
    if
    :: !moving && GOAL == level && (door == SHUT || door == CLOSING) -> door = OPENING
    :: !moving && GOAL != level && (door == OPEN || door == OPENING) -> nobody_crosses(); door = CLOSING
    :: !moving && GOAL != level && GOAL != NONE && door == SHUT -> nobody_crosses(); moving = true
    :: else -> skip
    fi;
    if
    :: IN_FORCE > 0 && !moving && door == OPEN -> let_in = true; open_at[level] = open_at[level] | BIT(newest)
    :: else -> not_open = not_open | BIT(IN_FORCE)
    fi
}

#ifdef NO_CAR_CHECK
#define TAKES(g) true
#else
#ifdef NO_END_CHECK
#define TAKES(g) ((g) >= newest)
#else
#define TAKES(g) ((g) > newest || ((g) == newest && !over))
#endif
#endif

inline take(g, ends, to)
{
    let_in = let_in && newest == g && target == to;
    newest = g;
    over = ends;
    target = to;
    act()
}

/* In calm weather only what the controller says last still comes. */
#define COMES_HOLD(g, f) ((hold[f] & BIT(g)) && (!calm || (generation == (g) && holder != NONE && want == (f))))
#define COMES_END(g) ((end_of & BIT(g)) && (!calm || (generation == (g) && holder == NONE && ending)))

inline come_hold(g, f)
{
    take(g, false, f)
#ifdef ORDERED
    ;
    got = RANK_HOLD(g, f)
#endif
}

inline come_end(g)
{
    take(g, true, NONE)
#ifdef ORDERED
    ;
    got = 3 * (g) + 2
#endif
}

#ifdef ORDERED
#define ORDERED_HOLD(g, f) IN_ORDER(RANK_HOLD(g, f))
#define ORDERED_END(g) IN_ORDER(3 * (g) + 2)
#else
#define ORDERED_HOLD(g, f) true
#define ORDERED_END(g) true
#endif

/* Repeated or stale requests change nothing and are left out: else a deadlock would hide behind them. */
#define REQUEST_COMES(g) \
    :: d_step { COMES_HOLD(g, 0) && ORDERED_HOLD(g, 0) && TAKES(g) && !(newest == g && !over && target == 0) -> come_hold(g, 0) } \
    :: d_step { COMES_HOLD(g, 1) && ORDERED_HOLD(g, 1) && TAKES(g) && !(newest == g && !over && target == 1) -> come_hold(g, 1) } \
    :: d_step { COMES_END(g) && ORDERED_END(g) && TAKES(g) && !(newest == g && over) -> come_end(g) }

active proctype Car()
{
    do
    :: d_step { moving -> level = 1 - level; moving = false; act() }
    :: d_step { !moving && door == OPENING -> door = OPEN; act() }
    :: d_step { !moving && door == CLOSING -> door = SHUT; act() }
    :: d_step { !calm && !theirs && !ROBOTS_OWN -> theirs = true; their_goal = 1 - level; act() }
    :: d_step { theirs && !moving && door == OPEN -> theirs = false; their_goal = 0; act() }
    :: d_step { !calm && theirs && !moving && door == OPEN -> their_goal = 1 - level; act() }
#ifdef FORGETFUL_CAR
    :: d_step { !calm && !IN_CAR(0) && !IN_CAR(1) && newest > 0 -> newest = 0; over = true; let_in = false; target = NONE; act() }
#endif
#ifdef LOST_GENERATION
    REQUEST_COMES(0)
#endif
    REQUEST_COMES(1)
    REQUEST_COMES(2)
    REQUEST_COMES(3)
    REQUEST_COMES(4)
    REQUEST_COMES(5)
    REQUEST_COMES(6)
#ifdef GIVE_UP
    REQUEST_COMES(7)
#endif
    :: calm && ALL_DONE && holder == NONE -> break
    od
}

/* ================ the controller ================ */

inline request() /* what it wants from the car now; repeated until the car shows it */
{
    if
    :: holder != NONE -> hold[want] = hold[want] | BIT(generation)
    :: holder == NONE && ending -> end_of = end_of | BIT(generation)
    :: else -> skip
    fi
}

#define WHO_CLAIMS ((claim[0] & A_CAR) -> 0 : ((claim[1] & A_CAR) -> 1 : NONE))
#define FLOOR_FOR(r) (PLACE(r) == 2 -> TO(r) : FROM(r))

inline new_generation()
{
    generation++
#ifdef ORDERED
    ;
    upstairs_first = upstairs_first | (want << generation)
#endif
}

inline run_elevator()
{
    if
    :: WHO_CLAIMS == NONE && holder != NONE -> holder = NONE; ending = true
    :: WHO_CLAIMS == NONE && holder == NONE && generation > 0 -> ending = (heard_generation == generation)
    :: WHO_CLAIMS != NONE && holder != WHO_CLAIMS ->
        holder = WHO_CLAIMS;
        ending = false;
        want = FLOOR_FOR(holder);
        new_generation()
    :: WHO_CLAIMS != NONE && holder == WHO_CLAIMS && want != FLOOR_FOR(holder) ->
        want = FLOOR_FOR(holder)
#ifndef ONE_GENERATION
        ;
        new_generation()
#endif
    :: else -> skip
    fi
}

inline run_order(r)
{
    if
    :: holder == r && STANDS_OPEN && want == FROM(r) && PLACE(r) < 2 && ordered[r] < 2 * TRIP(r) + 1 ->
        ordered[r] = 2 * TRIP(r) + 1
    :: holder == r && STANDS_OPEN && want == TO(r) && PLACE(r) == 2 && (claim[r] & A_FAR_LOBBY) &&
       ordered[r] < 2 * TRIP(r) + 2 ->
        ordered[r] = 2 * TRIP(r) + 2
#ifdef EARLY_FREE
        ;
        claim[r] = claim[r] & A_FAR_LOBBY
#endif
    :: else -> skip
    fi
}

inline send_order(r)
{
    if
    :: in_touch && ordered[r] > 0 -> order[r] = order[r] | BIT(ordered[r])
    :: else -> skip
    fi
}

inline restart()
{
    in_touch = false;
#ifdef LOST_GENERATION
    generation = 0;
#endif
    request()
}

/* After every input: decide, commit, send; or crash after the commit, before anything is sent. A crash before the
 * commit loses the input alone, as if it had not come. */
#define GOES_WELL 0
#define CRASHES 1

inline decide()
{
    run_elevator();
    run_order(0);
    run_order(1)
#ifdef EARLY_FREE
    ;
    run_elevator()
#endif
}

inline send()
{
    request();
    send_order(0);
    send_order(1)
}

#ifdef EARLY_SEND
/* Sent, then the crash, and the input was never in the journal. */
hidden byte was_known[2], was_claim[2], was_holder, was_generation, was_want, was_heard_generation, was_ordered[2];
hidden byte was_ending, was_heard_open, was_heard_level;
inline remember()
{
    was_known[0] = known[0]; was_known[1] = known[1]; was_claim[0] = claim[0]; was_claim[1] = claim[1];
    was_holder = holder; was_generation = generation; was_want = want; was_heard_generation = heard_generation;
    was_ordered[0] = ordered[0]; was_ordered[1] = ordered[1]; was_ending = ending; was_heard_open = heard_open;
    was_heard_level = heard_level
}
inline commit(how)
{
    decide();
    send();
    if
    :: how == CRASHES ->
        known[0] = was_known[0]; known[1] = was_known[1]; claim[0] = was_claim[0]; claim[1] = was_claim[1];
        holder = was_holder; generation = was_generation; want = was_want; heard_generation = was_heard_generation;
        ordered[0] = was_ordered[0]; ordered[1] = was_ordered[1]; ending = was_ending; heard_open = was_heard_open;
        heard_level = was_heard_level;
        restart()
    :: else -> skip
    fi
}
#else
inline remember() { skip }
inline commit(how)
{
    decide();
    if
    :: how == CRASHES -> restart()
    :: else -> send()
    fi
}
#endif

#define MAY(how) (how == GOES_WELL || !calm)

inline hear_car(g, open, f, how)
{
    remember();
    heard_generation = g;
    heard_open = open;
    heard_level = f;
    commit(how)
}

#define IS_NOW(g, open) (IN_FORCE == (g) && (IN_FORCE > 0 && !moving && door == OPEN) == (open))
#define CAR_SAYS_THEN(g, how) \
    :: d_step { MAY(how) && (open_at[0] & BIT(g)) && (!calm || (IS_NOW(g, true) && level == 0)) && \
                !(heard_generation == g && heard_open && heard_level == 0) -> hear_car(g, true, 0, how) } \
    :: d_step { MAY(how) && (open_at[1] & BIT(g)) && (!calm || (IS_NOW(g, true) && level == 1)) && \
                !(heard_generation == g && heard_open && heard_level == 1) -> hear_car(g, true, 1, how) } \
    :: d_step { MAY(how) && (not_open & BIT(g)) && (!calm || IS_NOW(g, false)) && \
                !(heard_generation == g && !heard_open) -> hear_car(g, false, heard_level, how) }
#define CAR_SAYS(g) CAR_SAYS_THEN(g, GOES_WELL) CAR_SAYS_THEN(g, CRASHES)

inline settle(w) /* what lies behind is free */
{
    if
    :: PLACE(w) == 0 -> claim[w] = 0
    :: PLACE(w) == 2 -> claim[w] = claim[w] & (A_CAR | A_FAR_LOBBY)
    :: PLACE(w) == 3 -> claim[w] = claim[w] & A_FAR_LOBBY
    :: else -> skip
    fi
}

hidden byte number;

inline report_comes(r, how)
{
    remember();
    known[r] = number;
    in_touch = true;
    settle(r);
    commit(how)
}

/* Is lobby `f` free for r? */
#define LOBBY_FREE(r, f) !(claim[1 - (r)] & ((f) == FROM(1 - (r)) -> A_LOBBY : A_FAR_LOBBY))
#define CAR_FREE(r) !(claim[1 - (r)] & A_CAR)
#define WANTS_WAY(r) (PLACE(r) == 0 && TRIP(r) < RIDES(r))

inline grow(r, more, how)
{
    remember();
    claim[r] = claim[r] | more;
    commit(how)
}

#ifdef NO_EXIT_CLAIM
#define CLAIMS_THEN(r, how) \
    :: d_step { MAY(how) && WANTS_WAY(r) && !(claim[r] & A_LOBBY) && LOBBY_FREE(r, FROM(r)) -> grow(r, A_LOBBY, how) } \
    :: d_step { MAY(how) && PLACE(r) < 2 && (claim[r] & A_LOBBY) && !(claim[r] & A_CAR) && CAR_FREE(r) -> \
                grow(r, A_CAR, how) } \
    :: d_step { MAY(how) && PLACE(r) == 2 && (claim[r] & A_CAR) && !(claim[r] & A_FAR_LOBBY) && LOBBY_FREE(r, TO(r)) -> \
                grow(r, A_FAR_LOBBY, how) }
#else
/* The standing plan lets nobody into a lobby where somebody who goes first must come out: a way is claimed whole. */
#define CLAIMS_THEN(r, how) \
    :: d_step { MAY(how) && WANTS_WAY(r) && !claim[r] && LOBBY_FREE(r, FROM(r)) && LOBBY_FREE(r, TO(r)) && CAR_FREE(r) -> \
                grow(r, A_WAY, how) }
#endif
#ifdef GIVE_UP
/* Once: what lies beyond the last node sent is given back, when the way is closed (access.c), and claimed again later. */
bool gave_up;
#ifdef EARLY_GIVE_UP
#define NOT_SENT(r) true
#else
#define NOT_SENT(r) (ordered[r] < 2 * TRIP(r) + 1)
#endif
#define CLAIMS(r) CLAIMS_THEN(r, GOES_WELL) CLAIMS_THEN(r, CRASHES) \
    :: d_step { !calm && !gave_up && claim[r] == A_WAY && PLACE(r) < 2 && NOT_SENT(r) -> \
                gave_up = true; remember(); claim[r] = A_LOBBY; commit(GOES_WELL) } \
    :: d_step { gave_up && claim[r] == A_LOBBY && PLACE(r) < 2 -> grow(r, A_WAY, GOES_WELL) }
#else
#define CLAIMS(r) CLAIMS_THEN(r, GOES_WELL) CLAIMS_THEN(r, CRASHES)
#endif

#ifdef NO_NUMBER_CHECK
/* A place reached before on this way or an earlier one, told late, is taken for where it is now. */
#define REPORT(r, place, how) \
    :: d_step { MAY(how) && 4 * trip[r] + place <= REACHED(r) && 4 * TRIP(r) + place != known[r] && \
                (!calm || REACHED(r) % 4 == place) -> number = 4 * trip[r] + place; report_comes(r, how) } \
    :: d_step { !calm && trip[r] > 0 && TRIP(r) == trip[r] && place > 0 && place != PLACE(r) -> \
                number = 4 * trip[r] + place; report_comes(r, how) }
#define REPORTS_THEN(r, how) REPORT(r, 0, how) REPORT(r, 1, how) REPORT(r, 2, how) REPORT(r, 3, how)
#else
#define REPORTS_THEN(r, how) \
    :: d_step { MAY(how) && known[r] < REACHED(r) -> number = known[r] + 1; report_comes(r, how) } \
    :: d_step { MAY(how) && known[r] + 1 < REACHED(r) -> number = REACHED(r); report_comes(r, how) }
#endif
#define REPORTS(r) REPORTS_THEN(r, GOES_WELL) REPORTS_THEN(r, CRASHES)

active proctype Controller()
{
    do
    CAR_SAYS(0)
    CAR_SAYS(1)
    CAR_SAYS(2)
    CAR_SAYS(3)
    CAR_SAYS(4)
    CAR_SAYS(5)
    CAR_SAYS(6)
#ifdef GIVE_UP
    CAR_SAYS(7)
#endif
    REPORTS(0)
    REPORTS(1)
    CLAIMS(0)
    CLAIMS(1)
    /* Robots tell where they are again and again; orders and requests are repeated. */
    :: d_step { !in_touch -> in_touch = true; send_order(0); send_order(1) }
    :: calm && ALL_DONE && holder == NONE -> break
    od
}

/* ================ robots ================ */

inline judge()
{
    assert(!(IN_CAR(0) && IN_CAR(1)));
    assert(!(IN_LOBBY(0, 0) && IN_LOBBY(1, 0)));
    assert(!(IN_LOBBY(0, 1) && IN_LOBBY(1, 1)))
}

/* An order fits where it begins: in front of the car, or in it. */
#define FITS(n) ((n) % 2 == 1 -> pos[r] <= LOBBY : pos[r] == CAR)
#ifdef NO_USED_CHECK
#define IS_NEW(n) (may[r] == NOTHING)
#else
#define IS_NEW(n) ((n) > accepted[r])
#endif
#define ORDER_COMES(n) \
    :: d_step { (order[r] & BIT(n)) && (!calm || ordered[r] == n) && IS_NEW(n) && FITS(n) -> \
                accepted[r] = n; may[r] = ((n) % 2 == 1 -> ENTER : LEAVE) }

proctype Robot(bit r)
{
    do
    ORDER_COMES(1)
    ORDER_COMES(2)
    ORDER_COMES(3)
    ORDER_COMES(4)
    :: d_step { pos[r] == REFUGE && trip[r] < RIDES(r) && (claim[r] & A_LOBBY) -> pos[r] = LOBBY; judge() }
    :: d_step {
        pos[r] == LOBBY && may[r] == ENTER ->
            may[r] = NOTHING;
            assert(STANDS_AT(FROM(r)));
            assert(holder == r);
            pos[r] = SILL_IN;
            judge()
       }
    :: d_step { pos[r] == SILL_IN -> pos[r] = CAR; judge() }
    :: d_step {
        pos[r] == CAR && may[r] == LEAVE ->
            may[r] = NOTHING;
            assert(STANDS_AT(TO(r)));
            pos[r] = SILL_OUT;
            judge()
       }
    :: d_step { pos[r] == SILL_OUT -> pos[r] = FAR_LOBBY; judge() }
    :: d_step { pos[r] == FAR_LOBBY -> pos[r] = REFUGE; trip[r] = trip[r] + 1 }
    :: trip[r] == RIDES(r) -> break
    od
}

active proctype Weather()
{
    calm = true
}

init
{
    atomic {
        not_open = 1;
        run Robot(0);
        run Robot(1)
    }
}

#ifdef LIVE
ltl everybody_rides { [] (calm -> <> ALL_DONE) }
#endif
