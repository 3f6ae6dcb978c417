# Sourced: unpack Debian packages for armhf into a folder.

# The package source that this machine itself uses for its release, whatever it is called.
debian_source() {
    apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' "Codename: ${suite:=bookworm}" 'Label: Debian' |
        sort -u | head -n 1
}

# debian_tree FOLDER PACKAGE,PACKAGE...: replaces FOLDER
debian_tree() {
    source=$(debian_source)
    if [ -z "$source" ]; then
        echo "this machine has no package list of Debian ${suite}: run apt-get update" >&2
        return 1
    fi
    command -v mmdebstrap >/dev/null || { echo "mmdebstrap is missing: sh tests/tools/install.sh cross" >&2; return 1; }
    rm -rf "$1" "$1.new"
    mkdir -p "$(dirname "$1")"
    # only unpacked: some warn about the missing /proc and /sys of the folder
    mmdebstrap --quiet --variant=extract --architectures=armhf --include="$2" "$suite" "$1.new" "deb $source $suite main"
    rm -rf "$1.new/dev" # qemu-user would take these for the machine's own devices
    mv "$1.new" "$1"
}
