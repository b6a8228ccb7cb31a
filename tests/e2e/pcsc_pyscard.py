# SPDX-License-Identifier: MIT
"""What pyscard's own examples do, in one go: list, connect, observe nothing, transmit, wait, control."""
from smartcard.Exceptions import CardConnectionException, NoCardException
from smartcard.System import readers, readergroups
from smartcard.CardType import AnyCardType, ATRCardType
from smartcard.CardRequest import CardRequest
from smartcard.ATR import ATR
from smartcard.util import toBytes, toHexString
from smartcard.pcsc.PCSCPart10 import getFeatureRequest, getTlvProperties, parseTlvProperties
from smartcard.scard import SCARD_SHARE_DIRECT, SCARD_SHARE_EXCLUSIVE

print(readergroups())
print(readers())
connection = readers()[0].createConnection()
connection.connect()
print(toHexString(connection.getATR()), connection.getProtocol())
for apdu in "00A4000C023F00", "0084000008", "00B0000010", "00EE0000":
    data, sw1, sw2 = connection.transmit(toBytes(apdu))
    print(apdu, toHexString(data), "%02X%02X" % (sw1, sw2))
connection.disconnect()
connection.connect(mode=SCARD_SHARE_EXCLUSIVE)
print(connection.transmit(toBytes("00A4000C023F00")))
try:
    other = readers()[0].createConnection()
    other.connect()
except (CardConnectionException, NoCardException) as e:
    print("second:", "sharing" in str(e).lower() or "another connection" in str(e))
connection.disconnect()
direct = readers()[0].createConnection()
direct.connect(mode=SCARD_SHARE_DIRECT)
print(getFeatureRequest(direct))
print(parseTlvProperties(getTlvProperties(direct)))
direct.disconnect()
service = CardRequest(timeout=5, cardType=AnyCardType()).waitforcard()
service.connection.connect()
print(toHexString(service.connection.getATR()))
print(ATR(service.connection.getATR()).isT0Supported())
service = CardRequest(timeout=5, cardType=ATRCardType(service.connection.getATR())).waitforcard()
print(service is not None)
