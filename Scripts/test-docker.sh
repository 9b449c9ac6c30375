#!/usr/bin/env bash
# The image, Compose and a Swarm, on a real engine: builds the image, starts fifty nodes with one command, has mail survive
# the end of the bootstrap node and of others, sees that `down` leaves nothing, and runs the same file as a stack.
#
#   ROOST_DOCKER=1 Scripts/test-docker.sh     on the engine of this machine (for the Swarm: unless it belongs to one)
#   Scripts/test-docker.sh                    on an engine that it starts and ends itself, from the laboratory of the
#                                             folder $ROOST_LAB, ../shared/lab unless told otherwise; needs root
#
# ROOST_LAB_ENGINE=26 takes the newer engine of the laboratory. ROOST_TEST_NODES is how many nodes there are (50).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD
lab=${ROOST_LAB:-$root/../shared/lab}
nodes=${ROOST_TEST_NODES:-50}
stack_nodes=8
work=$(mktemp -d "${TMPDIR:-/tmp}/roost-docker.XXXXXX")
export ROOST_IMAGE=roost:test COMPOSE_PROJECT_NAME=roost-test BUILDKIT_PROGRESS=plain
stack=roost-test-stack
own_engine=false
used_engine=false

# Compose tells of every container; what it told is shown where it fails.
compose() { docker compose "$@" >"$work/compose.log" 2>&1 || { tail -n 20 "$work/compose.log" >&2 && return 1; }; }
tell() { printf '%s\n' "$*"; }
broken() {
    printf 'It did not hold: %s\n' "$*" >&2
    exit 1
}
skip() {
    tell "SKIPPED test-docker.sh: $*"
    exit 0
}

# Asks again and again, for at most so many seconds: within SECONDS COMMAND…
within() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@"; do
        [ $SECONDS -lt $deadline ] || return 1
        sleep 0.3
    done
}

start_engine() { # [NETNS]: with a name, the containers live in a network of their own without a way out
    NETNS=${1:-} "$lab/start-dockerd.sh" >&2
    own_engine=true
    netns=${1:-}
}
stop_engine() {
    ! $own_engine || NETNS=$netns "$lab/stop-dockerd.sh" >&2 || true
    own_engine=false
}

in_swarm=false
# shellcheck disable=SC2329
end() {
    local status=$?
    trap - EXIT INT TERM
    if $used_engine; then
        if [ $status != 0 ]; then
            docker ps -a --filter "name=$COMPOSE_PROJECT_NAME" --format '{{.Names}} {{.Status}}' | head -n 12 >&2 || true
            docker compose logs --no-color --no-log-prefix --tail 3 2>/dev/null | tail -n 30 | cut -c1-200 >&2 || true
            ! $in_swarm || docker stack ps --no-trunc "$stack" 2>/dev/null | head -n 12 | cut -c1-250 >&2 || true
        fi
        ! $in_swarm || docker swarm leave --force >/dev/null 2>&1 || true
        docker compose down --volumes --timeout 5 >/dev/null 2>&1 || true
    fi
    stop_engine
    [ -z "$neighbours" ] || sysctl -qw "$neighbour_limit=$neighbours"
    [ -z "${made_netns:-}" ] || ip netns del "$made_netns" 2>/dev/null || true
    rm -rf "$work"
    exit $status
}
trap end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# An engine, and images to build from.
build_options=()
netns=
made_netns=
# All containers of a machine share its kernel's table of neighbours: fifty that know each other need 2,500 places, and
# the kernel has 1,024 unless told otherwise.
neighbour_limit=net.ipv4.neigh.default.gc_thresh3
neighbours=
if docker info >/dev/null 2>&1; then
    [ "${ROOST_DOCKER:-}" = 1 ] || skip "there is a Docker engine, and ROOST_DOCKER=1 does not allow me to use it"
elif [ -x "$lab/start-dockerd.sh" ] && [ "$(id -u)" = 0 ]; then
    newer=/var/lib/docker-lab/engine26/root/usr
    [ -x /usr/sbin/dockerd ] && [ -d "$newer" ] || "$lab/get-docker.sh" >"$work/get-docker.log" 2>&1 ||
        { tail -n 5 "$work/get-docker.log" && skip "the laboratory has no Docker engine for me"; }
    if [ "${ROOST_LAB_ENGINE:-}" = 26 ]; then
        export DOCKERD=$newer/sbin/dockerd PATH=$newer/bin:$newer/sbin:$PATH
    fi
    start_engine
    "$lab/make-base-images.sh" >"$work/base.log" 2>&1 || { tail -n 5 "$work/base.log" && broken "no base images"; }
    # Where packages come from mirrors on this machine (git config), the image that builds gets them too.
    mirror=$(git config --get-regexp '^url\..*\.insteadof$' '^https://github.com/$' | sed -n '1s/^url\.\(.*\)\.insteadof .*/\1/p')
    if [ -d "$mirror" ]; then
        mkdir "$work/mirrors"
        printf '[url "file:///mirrors/"]\n\tinsteadOf = https://github.com/\n' >"$work/mirrors/gitconfig"
        printf 'FROM swift:6.3-bookworm\nCOPY gitconfig /etc/gitconfig\nCOPY mirrors /mirrors\n' >"$work/mirrors/Dockerfile"
        ln -s "$mirror" "$work/mirrors/mirrors"
        tar -C "$work/mirrors" --sort=name -ch . | docker build -q -t swift-mirrors:lab - >/dev/null
        build_options+=(--build-arg SWIFT_IMAGE=swift-mirrors:lab)
    fi
    build_options+=(--network host)
else
    skip "no Docker engine"
fi
used_engine=true
docker compose version >/dev/null 2>&1 || skip "no Docker Compose"
tell "Engine $(docker version --format '{{.Server.Version}}'), client $(docker version --format '{{.Client.Version}}'), Compose $(docker compose version --short)"

docker compose config --quiet
docker compose --profile '*' config --quiet

# The image. Where its sources change, its dependencies are neither fetched nor built again.
began=$SECONDS
nice -n 5 docker build "${build_options[@]}" -t "$ROOST_IMAGE" . >"$work/build.log" 2>&1 ||
    { grep -i 'error' "$work/build.log" | tail -n 30 | cut -c1-300 >&2 && broken "the image can't be built"; }
size=$(docker image inspect --format '{{.Size}}' "$ROOST_IMAGE")
tell "The image was built in $((SECONDS - began)) s and has $((size / 1000000)) MB"
[ "$size" -lt 120000000 ] || broken "the image is larger than 120 MB"
[ "$(grep -c 'Compiling NIOCore' "$work/build.log")" -le 1 ] || broken "dependencies are built with the sources"
mkdir "$work/changed"
cp -r Dockerfile .dockerignore Package.swift Sources "$work/changed"
[ ! -f Package.resolved ] || cp Package.resolved "$work/changed"
echo "// changed" >>"$work/changed/Sources/roost/Roost.swift"
docker build "${build_options[@]}" --target dependencies "$work/changed" >"$work/changed.log" 2>&1
! grep -q 'Compiling\|Fetching' "$work/changed.log" || broken "a change of the sources builds the dependencies again"
tell "A change of the sources leaves the dependencies' layer as it is"
[ "$(docker run --rm --network none --entrypoint id "$ROOST_IMAGE" -u)" = 7337 ] || broken "the image runs as another user"

if $own_engine; then
    stop_engine
    ip netns list | grep -qw roostlab || made_netns=roostlab
    start_engine roostlab
fi
docker volume ls -q | sort >"$work/volumes"
places=$(sysctl -n "$neighbour_limit")
if [ "$places" -lt $((2 * nodes * nodes)) ]; then
    if $own_engine; then
        neighbours=$places
        sysctl -qw "$neighbour_limit=$((2 * nodes * nodes))"
    else
        tell "The kernel's $neighbour_limit is $places, too few for $nodes nodes: nodes may join late (docs/docker.md)"
    fi
fi

# Fifty nodes with one command.
on() { # N COMMAND…: in the Nth node
    local number=$1
    shift
    docker compose exec -T --index "$number" node "$@"
}
named() { printf '%s-node-%s\n' "$COMPOSE_PROJECT_NAME" "$1"; }
began=$SECONDS
compose up --detach --no-build --scale node="$nodes" --wait --wait-timeout 120
took=$((SECONDS - began))
tell "$nodes nodes and their bootstrap node are healthy after $took s"
[ $took -le 60 ] || broken "they were not healthy within 60 s"
for number in $(seq "$nodes"); do
    on "$number" roost status --wait ready --timeout 60 --json >"$work/status" 2>/dev/null || broken "node $number has not joined"
done
tell "All have joined after $((SECONDS - began)) s: $(sed -n 's/.*"contacts" *: *\([0-9]*\).*/the last knows \1 others/p' "$work/status")"
docker stats --no-stream --format '{{.MemUsage}}' $(docker compose ps -q) | sed 's/MiB.*//' | sort -n |
    awk '{ m[NR] = $1 } END { printf "Memory of a container: %s MiB at least, %s at the median, %s at most\n", m[1], m[int((NR + 1) / 2)], m[NR] }'

# Mail: straight, and to somebody who is away, whose bootstrap node, sender and some nodes are gone when he returns.
bob=$(on 2 roost id)
on 1 roost send "$bob" "Are you there?" --until delivered --timeout 30 >/dev/null || broken "a message was not delivered"
has_read() { on 2 roost inbox --peek --json 2>/dev/null | grep -qF "$1"; }
within 10 has_read "Are you there?" || broken "the delivered message is not in the inbox"
began=$SECONDS
docker stop --time 10 "$(named 2)" >/dev/null
[ "$(docker inspect --format '{{.State.ExitCode}}' "$(named 2)")" = 0 ] || broken "SIGTERM did not end a node cleanly"
[ $((SECONDS - began)) -lt 8 ] || broken "a node took $((SECONDS - began)) s to end"
on 1 roost send "$bob" "For when you are back." --until stored --timeout 60 >/dev/null || broken "a message was not stored"
dead=$((nodes / 10))
gone=("$COMPOSE_PROJECT_NAME-bootstrap-1" "$(named 1)")
for number in $(seq 3 $((2 + dead))); do gone+=("$(named "$number")"); done
docker kill "${gone[@]}" >/dev/null
docker start "$(named 2)" >/dev/null
began=$SECONDS
within 60 has_read "For when you are back." || broken "mail was lost with the bootstrap node, its sender and $dead others"
tell "Mail was there $((SECONDS - began)) s after its recipient's return; bootstrap node, sender and $dead other nodes had been killed"

# Without the bootstrap node newcomers join, and who was killed comes back.
compose up --detach --no-build --no-deps --no-recreate --scale node=$((nodes + 1)) node
on $((nodes + 1)) roost status --wait ready --timeout 60 >/dev/null 2>&1 || broken "nobody can join without the bootstrap node"
on 1 roost status --wait ready --timeout 60 >/dev/null 2>&1 || broken "a node that was killed does not come back"
docker start "$COMPOSE_PROJECT_NAME-bootstrap-1" >/dev/null
docker compose exec -T bootstrap roost status --wait ready --timeout 60 >/dev/null 2>&1 || broken "the bootstrap node does not come back"
tell "A newcomer joined while the bootstrap node was dead; those that were killed came back"

# A whole story, told by the scenario service: nodes crash, are cut off and replaced, people come and go.
if [ "${ROOST_TEST_SCENARIO:-1}" = 1 ]; then
    began=$SECONDS
    compose run --rm -T scenario trouble --seed 5 || broken "the scenario ended with $?"
    sed -n '/^All held/p' "$work/compose.log" | head -n 1
    tell "The scenario \`trouble\` held on containers, in $((SECONDS - began)) s"
else
    tell "SKIPPED the scenario service: ROOST_TEST_SCENARIO is not 1"
fi

began=$SECONDS
compose down --volumes --timeout 10
label=com.docker.compose.project=$COMPOSE_PROJECT_NAME
[ -z "$(docker ps -aq --filter "label=$label")$(docker network ls -q --filter "label=$label")" ] || broken "down left something"
docker volume ls -q | sort | diff "$work/volumes" - >&2 || broken "down left volumes"
tell "down left nothing, after $((SECONDS - began)) s"

# The same file on a Swarm.
if [ "$(docker info --format '{{.Swarm.LocalNodeState}}')" != inactive ]; then
    tell "SKIPPED the Swarm: this engine belongs to one"
    exit 0
fi
docker swarm init --advertise-addr 127.0.0.1 >/dev/null
in_swarm=true
began=$SECONDS
ROOST_NODES=$stack_nodes docker stack deploy --resolve-image never -c docker-compose.yml "$stack" >"$work/deploy.log" 2>&1 ||
    { cat "$work/deploy.log" >&2 && broken "the stack can't be deployed"; }
replicas() { docker stack services --format '{{.Name}} {{.Replicas}}' "$stack" | awk '{ print $1, $2 }' | sort | tr '\n' ' '; }
all_up() { [ "$(replicas)" = "${stack}_bootstrap 1/1 ${stack}_node $stack_nodes/$stack_nodes " ]; }
within 120 all_up || broken "the stack has only $(replicas)"
tell "The stack is up after $((SECONDS - began)) s: $(replicas)"
mapfile -t tasks < <(docker ps -q --filter "label=com.docker.swarm.service.name=${stack}_node")
for task in "${tasks[@]}"; do
    docker exec "$task" roost status --wait ready --timeout 60 >/dev/null 2>&1 || broken "a node of the stack has not joined"
done
carol=$(docker exec "${tasks[1]}" roost id)
docker exec "${tasks[0]}" roost send "$carol" "Across the Swarm." --until delivered --timeout 60 >/dev/null ||
    broken "a message was not delivered in the Swarm"
# A bootstrap node that dies is replaced by one without its data, which finds the network by the others' name.
first=$(docker ps -q --filter "label=com.docker.swarm.service.name=${stack}_bootstrap")
docker kill "$first" >/dev/null
second() { docker ps -q --filter "label=com.docker.swarm.service.name=${stack}_bootstrap" --filter status=running | grep -v "$first" | head -n 1; }
replaced() { [ -n "$(second)" ]; }
within 60 replaced || broken "the Swarm did not replace the bootstrap node"
knows_others() { docker exec "$(second)" roost status --json 2>/dev/null | grep -Eq '"contacts" *: *[1-9]'; }
within 60 knows_others || broken "the new bootstrap node is alone"
tell "A message was delivered in the stack, and a new bootstrap node found the network"
docker stack rm "$stack" >/dev/null
stack_gone() { [ -z "$(docker ps -aq --filter "label=com.docker.stack.namespace=$stack")" ]; }
within 60 stack_gone || broken "stack rm left containers"
docker swarm leave --force >/dev/null
in_swarm=false
tell "All held in $SECONDS s"
