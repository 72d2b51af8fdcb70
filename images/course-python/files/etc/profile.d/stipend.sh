# Debian's /etc/profile sets PATH anew in login shells.
case ":$PATH:" in
  *:/opt/jupyter/bin:*) ;;
  *) PATH="/opt/jupyter/bin:$PATH" ;;
esac
