import PeerCore
