#!/bin/sh
# Runs as root inside the new tree, after its packages and files are in place.
set -eu

useradd --create-home --shell /bin/bash --user-group --groups sudo ubuntu
passwd --lock ubuntu >/dev/null
passwd --lock root >/dev/null
install -d -m 700 -o ubuntu -g ubuntu /home/ubuntu/.ssh
chmod 755 /home/ubuntu
chmod 440 /etc/sudoers.d/90-stipend

install -d -m 755 /etc/stipend /etc/stipend-stop.d /var/lib/stipend
: >/etc/motd

# The site's proxy, where one is configured, is a fact of each boot: the host writes both files anew.
ln -s /etc/stipend/systemd.conf /etc/systemd/system.conf.d/stipend-proxy.conf
for session in common-session common-session-noninteractive; do
  echo 'session optional pam_env.so readenv=1 envfile=/etc/stipend/proxy.env' >>/etc/pam.d/$session
done

systemctl set-default multi-user.target
systemctl enable ssh.service stipend-user-data.path

# Sessions of ssh, scp and sftp alike are marked when they open, whatever their shell is.
echo 'session optional pam_exec.so quiet /usr/lib/stipend/session-first-to-go' >>/etc/pam.d/sshd
