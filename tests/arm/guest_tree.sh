#!/bin/sh
# Kernel, libraries and first file system of the emulated ARM machine, kept in a cache folder:
#   CACHE/guest      Debian packages for armhf, unpacked      CACHE/initrd.gz    busybox, libraries, modules, init
# usage: guest_tree.sh CACHE
set -eu
cache=$1
here=$(cd "$(dirname "$0")" && pwd)
suite=bookworm
packages=busybox-static,libc6,libgcc-s1,libuv1,libsqlite3-0,libinih1,libcjson1,libgpiod2,libpng16-16,zlib1g
packages=$packages,libpaho-mqtt1.3,libssl3,libcmocka0,tzdata,linux-image-armmp
libraries="libuv libsqlite3 libinih libcjson libgpiod libpng16 libz libpaho-mqtt3as libssl libcrypto libcmocka libgcc_s"
modules="virtio_mmio virtio_pci virtio_net virtio_blk 9pnet_virtio 9p ext4"
PATH=$PATH:/usr/sbin:/sbin

mkdir -p "$cache"
cd "$cache"
if [ "$(cat guest/.packages 2>/dev/null)" != "$suite $packages" ]; then
    . "$here/../../packaging/armhf-debian.sh"
    debian_tree guest "$packages"
    kernel=$(ls guest/lib/modules)
    ln -s "vmlinuz-$kernel" guest/boot/vmlinuz
    depmod -b guest "$kernel"
    echo "$suite $packages" >guest/.packages
    rm -f initrd.gz
fi
[ ! -e initrd.gz ] || [ -n "$(find "$here/init" "$here/guest_tree.sh" -newer initrd.gz)" ] || exit 0

kernel=$(ls guest/lib/modules)
rm -rf initrd
for folder in bin sbin etc proc sys dev mnt/share tmp run var/lib usr/bin usr/sbin root lib/arm-linux-gnueabihf \
    usr/lib/arm-linux-gnueabihf usr/share; do
    mkdir -p "initrd/$folder"
done
cp guest/bin/busybox initrd/bin/
for name in init modprobe poweroff sh mount mkdir sleep cat insmod ifconfig ln; do
    ln -sf /bin/busybox "initrd/bin/$name"
done
ln -s /bin/busybox initrd/sbin/modprobe
cp -a guest/lib/ld-linux-armhf.so.3 initrd/lib/
cp -a guest/lib/arm-linux-gnueabihf/*.so* initrd/lib/arm-linux-gnueabihf/
for library in $libraries; do
    find guest/lib/arm-linux-gnueabihf guest/usr/lib/arm-linux-gnueabihf -name "$library.so*" -o -name "$library-*.so*" |
        while read -r file; do cp -a "$file" "initrd/${file#guest/}"; done
done
mkdir -p initrd/usr/share/zoneinfo/Asia
cp -L guest/usr/share/zoneinfo/Asia/Shanghai initrd/usr/share/zoneinfo/Asia/
for module in $modules; do
    modprobe -d guest -S "$kernel" --show-depends "$module" | awk '$1 == "insmod" { print $2 }'
done | sort -u | while read -r file; do
    file=${file#*/lib/modules/}
    mkdir -p "initrd/lib/modules/$(dirname "$file")"
    cp "guest/lib/modules/$file" "initrd/lib/modules/$file"
done
cp "guest/lib/modules/$kernel"/modules.builtin* "guest/lib/modules/$kernel/modules.order" "initrd/lib/modules/$kernel/"
depmod -b initrd "$kernel"
echo 'root:x:0:0:root:/root:/bin/sh' >initrd/etc/passwd
echo 'root:x:0:' >initrd/etc/group
install -m 755 "$here/init" initrd/init
(cd initrd && find . | LC_ALL=C sort | cpio -o -H newc -R 0:0 --quiet | gzip -1n) >initrd.gz.new
rm -rf initrd
mv initrd.gz.new initrd.gz
