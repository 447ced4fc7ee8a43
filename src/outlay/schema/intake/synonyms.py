"""The names under which files carry our columns, likeliest first.

Names are compared by letters and digits alone, without case: ``TX_DATETIME``, ``tx datetime`` and
``txDatetime`` are one name. Words that say too little (``reference``, ``location``, ``method``) are
left out on purpose: a column that nobody mapped does no harm, a wrong one does.
"""

from typing import Final

_NAMES: Final = {
    "user_id": """
        user useridentifier username usernumber customerid customer customernumber custid
        cust clientid client memberid member walletid wallet accountid account accountnumber
        accountno acctid senderaccount senderid sender payerid payer debtoraccount debtorid debtor
        nameorig orig originator originatorid fromaccount fromaccountid fromuser fromid
        sourceaccount sourceid cardid cardnumber card ccnum pan cardholderid cardholder holderid
        msisdn txuserid txcustomerid""",
    "amount": """
        txamount transactionamount paymentamount txnamount transamount amt value transactionvalue
        paymentvalue amountpaid amountvalue total totalamount sum price purchaseamount amountgross""",
    "timestamp": """
        datetime transactiondatetime txdatetime txndatetime transactiontimestamp txtimestamp
        txntimestamp transdatetranstime transactiondateandtime paymentdatetime paymenttimestamp
        eventtimestamp eventtime effectiveat occurredat createdat created createddate createdtime
        paidat processedat postedat bookedat transactiontime txtime txntime transactiondate txdate
        txndate transdate paymentdate invoicedate bookingdate postingdate valuedate date ts time""",
    "transaction_id": """
        txid txnid transid transactionnumber transactionno transnum txnumber transactionref
        transactionreference transactionuuid paymentid paymentreference eventid uuid id""",
    "transaction_type": """
        txtype txntype transtype paymenttype typeoftransaction type operationtype operation
        transactioncategory category merchantcategory merchantcategorycode mcc kind""",
    "counterparty_id": """
        counterparty counterpartyaccount merchantid merchant merchantname terminalid txterminalid
        terminal payeeid payee payeename beneficiaryid beneficiary beneficiaryaccount receiverid
        receiver receiveraccount recipientid recipient recipientaccount creditoraccount creditorid
        creditor namedest dest toaccount toaccountid touser toid destinationaccount destaccount
        destinationid vendorid vendor shopid shop storeid store""",
    "currency": """
        currencycode transactioncurrency txcurrency paymentcurrency amountcurrency isocurrency
        currencyiso ccy curr""",
    "country": """
        countrycode transactioncountry txcountry merchantcountry merchantcountrycode
        paymentcountry countryiso""",
    "channel": "transactionchannel txchannel paymentchannel upichannel channelname channelid",
    "device_id": "device deviceidentifier devicefingerprint deviceuuid",
    "is_fraud": """
        fraud txfraud isfraudulent fraudulent fraudlabel fraudflag fraudind fraudbool fraudreported
        label class target""",
}

SYNONYMS: Final = {
    canonical: (canonical.replace("_", ""), *names.split()) for canonical, names in _NAMES.items()
}
"""Bare names by canonical name, likeliest first, the canonical one itself leading."""


def bare(name: str) -> str:
    """Return the letters and digits of ``name``, without case.

    >>> bare("TX_DATETIME"), bare("Customer ID"), bare("nameOrig")
    ('txdatetime', 'customerid', 'nameorig')
    """
    return "".join(c for c in name.casefold() if c.isalnum())
