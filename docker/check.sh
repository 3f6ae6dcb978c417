#!/bin/sh
# Carry out the steps of the Dockerfile without a container engine: each stage is a folder with a clean Debian 12 made by
# mmdebstrap, RUN runs in a chroot there, COPY copies. Needs root, network and some 3 GB; takes minutes. It shows that the
# steps work on a clean system; it does not show that an engine likes the file.
#
# usage: docker/check.sh [STAGE]...     (default: all)     WORK=FOLDER (default build-docker-check)
set -eu
cd "$(dirname "$0")/.."
root=$(pwd)
work=${WORK:-build-docker-check}
[ "$(id -u)" -eq 0 ] || { echo "skip: docker/check.sh needs root"; exit 0; }
command -v mmdebstrap >/dev/null || { echo "skip: mmdebstrap is missing (sh tests/tools/install.sh cross)"; exit 0; }
mkdir -p "$work"
work=$(cd "$work" && pwd)

if [ -z "${CN_CHECK_INSIDE:-}" ]; then
    # mounts of the stages stay in a name space of their own and end with it
    exec env CN_CHECK_INSIDE=1 WORK="$work" unshare --mount --fork sh "$root/docker/check.sh" "$@"
fi

suite=bookworm
. packaging/armhf-debian.sh
if [ ! -e "$work/debian/etc/debian_version" ]; then
    mmdebstrap --quiet --variant=apt "$suite" "$work/debian" "deb $(debian_source) $suite main"
    # how this machine reaches its package source
    cp -r /etc/apt/apt.conf.d/. "$work/debian/etc/apt/apt.conf.d/"
fi

enter() { # STAGE WORKDIR COMMAND
    tree=$work/$1
    mkdir -p "$tree$2"
    cp -L /etc/resolv.conf "$tree/etc/resolv.conf" 2>/dev/null || true
    mountpoint -q "$tree/proc" || mount -t proc proc "$tree/proc"
    mountpoint -q "$tree/dev" || mount --rbind /dev "$tree/dev"
    chroot "$tree" /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
        DEBIAN_FRONTEND=noninteractive sh -c "cd '$2' && $3" </dev/null
}

copy() { # STAGE WORKDIR FROM|"" SOURCE... DESTINATION
    tree=$work/$1 dir=$2 from=$3
    shift 3
    for to in "$@"; do :; done
    case $to in /*) ;; *) to=$dir/$to ;; esac
    while [ $# -gt 1 ]; do
        if [ -n "$from" ]; then
            cp -a "$work/$from$1" "$tree$to"
        elif [ "$1" = . ]; then
            mkdir -p "$tree$to"
            tar --exclude='./build*' --exclude=./.git -cf - . | tar -xf - -C "$tree$to"
        else
            mkdir -p "$tree$(dirname "$to/")" "$tree${to%/*}"
            cp -a "$1" "$tree$to"
        fi
        shift
    done
}

wanted=" ${*:-} "
stage=""
began=$(date +%s)
# one step a line
sed -e :a -e '/\\$/N; s/\\\n *//; ta' docker/Dockerfile | grep -v '^#\|^$' >"$work/steps"
while read -r word rest <&3; do
    case $word in
    FROM)
        stage=${rest##* AS }
        base=${rest%% AS *}
        dir=/
        skip=""
        [ "$wanted" = "  " ] || case $wanted in *" $stage "*) ;; *) skip=1 ;; esac
        [ -z "$skip" ] || continue
        case $base in debian:bookworm*) base=debian ;; esac
        [ -d "$work/$base" ] || { echo "stage $base must be made first" >&2; exit 1; }
        rm -rf "${work:?}/$stage"
        mkdir "$work/$stage"
        tar -C "$work/$base" --one-file-system -cf - . | tar -C "$work/$stage" -xf -
        eval "dir=\${dir_$base:-/}"
        echo "$(($(date +%s) - began)) s  stage $stage"
        ;;
    *)
        [ -z "$skip" ] || continue
        case $word in
        WORKDIR) dir=$rest; mkdir -p "$work/$stage$dir"; eval "dir_$stage=\$dir" ;;
        RUN) enter "$stage" "$dir" "$rest" >"$work/$stage.log" 2>&1 || { tail -n 30 "$work/$stage.log"; echo "FAILED: $rest"; exit 1; } ;;
        COPY)
            from=""
            case $rest in --from=*) from=${rest#--from=}; from=${from%% *}; rest=${rest#* } ;; esac
            # shellcheck disable=SC2086
            copy "$stage" "$dir" "$from" $rest
            ;;
        CMD | VOLUME) ;;
        *) echo "unknown step: $word" >&2; exit 1 ;;
        esac
        ;;
    esac
done 3<"$work/steps"
echo "$(($(date +%s) - began)) s  all steps done"
